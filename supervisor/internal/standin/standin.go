// Package standin is the process of an event listener whose work the daemon does itself:
// the daemon's own binary, which acknowledges each event and ends when its stdin is closed.
// Users see, stop and signal a process like any other listener's.
package standin

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// name is the first word of the command. It alone selects this part of the binary.
const name = "reeve-listener"

// Options are what the process has to know.
type Options struct {
	Status int  // not 0: it ends at once with this status
	Bytes  bool // len in the header of an event counts bytes, not characters
}

// Argv returns the command that makes Main play the listener.
func (o Options) Argv() []string {
	return []string{name, strconv.Itoa(o.Status), strconv.FormatBool(o.Bytes)}
}

// Main returns at once unless this process was started with a command of Argv.
func Main() {
	if len(os.Args) != 3 || os.Args[0] != name {
		return
	}
	status, err := strconv.Atoi(os.Args[1])
	if err == nil && status == 0 {
		dieOf(syscall.SIGUSR1, syscall.SIGUSR2)
		err = listen(os.Stdin, os.Stdout, os.Args[2] == "true")
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: cannot go on: %v\n", name, err)
		status = 1
	}
	os.Exit(status)
}

// dieOf ends the process at signals that Go ignores and that stopsignal may name.
func dieOf(signals ...os.Signal) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, signals...)
	go func() {
		s, _ := (<-c).(syscall.Signal)
		os.Exit(128 + int(s))
	}()
}

// listen acknowledges every event until in ends.
func listen(in io.Reader, out io.Writer, bytes bool) error {
	events := bufio.NewReader(in)
	for answer := "READY\n"; ; answer = "RESULT 2\nOKREADY\n" {
		if _, err := io.WriteString(out, answer); err != nil {
			return err
		}
		header, err := events.ReadString('\n')
		if err == nil {
			err = skip(events, header, bytes)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// skip reads the payload that a header announces.
func skip(events *bufio.Reader, header string, bytes bool) error {
	_, text, _ := strings.Cut(header, " len:")
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return fmt.Errorf("the header of an event has no length: %q", header)
	}
	for ; n > 0 && err == nil; n-- {
		if bytes {
			_, err = events.ReadByte()
		} else {
			_, _, err = events.ReadRune()
		}
	}
	return err
}
