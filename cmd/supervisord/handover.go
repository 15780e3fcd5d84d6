package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"reeve/config"
	"reeve/rpc"
	"reeve/rpc/httpd"
	"reeve/supervisor"
	"reeve/supervisor/logfile"
)

// The daemon replaces itself by execve, so that it keeps its pid, its children and its
// descriptors (docs/upgrade.md). Files in reading order: upgrade.go (what is asked for, and
// the question to the new program whether it can go on); handover.go (what one program
// leaves to the next); replace.go (the execve, with the ways back); takeover.go (the new
// program's side); falls.go (a panic is an upgrade to oneself).

// handover is everything that this program leaves to the one that follows it in the
// process. It contains passwords: it is passed in a memory file.
type handover struct {
	Format int
	From   string // version of the program that left it

	Supervisor supervisor.Handed
	Servers    httpd.Handed
	RPC        rpc.Handed
	Logs       logfile.Handed

	Session savedSession
	Limit   supervisor.ChildLimit
	Keeper  int    `json:",omitempty"` // descriptor of the connection; 0: there is none
	Program string // path of the program, for the next upgrade without a name
	Before  string // path of the program that leaves it
	Loader  config.HandedLoader

	Falls []time.Duration `json:",omitempty"` // see falls.recent
	Fall  string          `json:",omitempty"` // the panic because of which the program was executed
	Last  string          `json:",omitempty"` // what the session says at its end
}

// savedSession is what a life has besides.
type savedSession struct {
	Config  *config.Config // as the session began, without groups
	Pidfile string         // if we have written it
	Token   string         // of the pages in use
}

// format is the version of handover. A program takes what those one version ahead or
// behind have left.
const format = 1

var errNoHandover = errors.New("cannot read what the program before has left")

// readHandover reads the file with descriptor fd, from its beginning.
func readHandover(fd int) (*handover, error) {
	text, err := supervisor.ReadAll(fd)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoHandover, err)
	}
	return decodeHandover(text)
}

func decodeHandover(text []byte) (*handover, error) {
	f, err := formatOf(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoHandover, err)
	}
	if f < format-1 || f > format+1 {
		return nil, fmt.Errorf("%w: it has format %d, and this is reeve %s with format %d", errNoHandover, f, config.Own, format)
	}
	h := new(handover)
	if err := json.Unmarshal(text, h); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoHandover, err)
	}
	if err := supervisor.CheckHanded(&h.Supervisor); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoHandover, err)
	}
	return h, nil
}

// formatOf reads no more than it must: nothing is served meanwhile.
func formatOf(text []byte) (format int, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); t != json.Delim('{') {
		return 0, fmt.Errorf("it is no object: %w", err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return 0, err
		}
		if key == "Format" {
			err := d.Decode(&format)
			return format, err
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("it has no format")
}

// descriptors returns those that have to outlive the execve.
func (h *handover) descriptors() (fds []int) {
	fds = append(fds, h.Supervisor.Descriptors()...)
	fds = append(fds, h.Servers.Descriptors()...)
	if h.Keeper > 0 {
		fds = append(fds, h.Keeper)
	}
	return append(fds, h.Logs.Descriptors()...)
}

// pause returns for how long nothing was served.
func (h *handover) pause() time.Duration { return supervisor.Monotonic() - h.Supervisor.Since }
