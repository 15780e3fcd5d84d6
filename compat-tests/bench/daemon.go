//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A daemon is one running supervisord in a directory of its own.
type daemon struct {
	b     *bench
	side  side
	home  string
	pid   int
	log   *tail
	cmd   *exec.Cmd
	start time.Duration // when it was executed
	keep  bool          // its directory is kept after its end
}

const runningLine = " entered RUNNING state"

// launch starts a daemon with the given sections of programs, in which {home} is replaced
// by its directory.
func (b *bench) launch(s side, programs string) (d *daemon, err error) {
	home, err := os.MkdirTemp(b.dir, s.name)
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(home, "s.conf")
	text := strings.ReplaceAll(base+programs, "{home}", home)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, err
	}
	d = &daemon{b: b, side: s, home: home, log: newTail(filepath.Join(home, "s.log"))}
	d.cmd = exec.Command(s.daemon, "-n", "-s", "-c", conf)
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	d.start = now()
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	d.pid = d.cmd.Process.Pid
	b.mu.Lock()
	b.live[d] = true
	b.mu.Unlock()
	return d, nil
}

// boot launches a daemon and waits until all n programs are RUNNING; took is the time
// from its exec.
func (b *bench) boot(s side, programs string, n int) (d *daemon, took time.Duration, err error) {
	if d, err = b.launch(s, programs); err != nil {
		return nil, 0, err
	}
	if err := d.running(n, 5*time.Minute); err != nil {
		return nil, 0, errors.Join(err, d.kill())
	}
	took = now() - d.start
	return d, took, d.serving()
}

// serving waits until the daemon answers.
func (d *daemon) serving() error {
	return until(d.side.name+" answers", time.Millisecond, time.Minute, func() (bool, error) {
		c, err := d.dial()
		if err != nil {
			return false, nil
		}
		defer c.close()
		_, err = c.call(request("getState"))
		return err == nil, nil
	})
}

func (d *daemon) socket() string { return filepath.Join(d.home, "s.sock") }

func (d *daemon) dial() (*conn, error) { return dial(d.socket()) }

// ask makes one call on a connection of its own.
func (d *daemon) ask(method string, params ...string) (string, error) {
	c, err := d.dial()
	if err != nil {
		return "", err
	}
	defer c.close()
	body, err := c.call(request(method, params...))
	return string(body), err
}

// running waits until n more programs are RUNNING according to the log: a call would be
// measured too.
func (d *daemon) running(n int, limit time.Duration) error { return d.logged(runningLine, n, limit) }

// logged waits until the log has n more lines with the text than at the end of the
// previous wait.
func (d *daemon) logged(text string, n int, limit time.Duration) error {
	return until(fmt.Sprintf("%s has %d lines %q", d.side.name, n, text), 500*time.Microsecond, limit, func() (bool, error) {
		n -= d.log.count(text)
		return n <= 0, nil
	})
}

func (d *daemon) used() usage { return usedByAll(family(d.pid)) }

// measure returns the time that f took and what the daemon used meanwhile.
func (d *daemon) measure(items int, f func() error) (sample, error) {
	before, start := d.used(), now()
	err := f()
	wall := now() - start
	return sample{Wall: wall, CPU: d.used().sub(before), Items: items}, err
}

// stop ends a daemon with SIGTERM, or the oracle, which would take long, with kill.
func (d *daemon) stop() error {
	if d.side == d.b.oracle {
		return d.kill()
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return d.wait()
}

func (d *daemon) wait() error {
	err := d.cmd.Wait()
	d.forget()
	return err
}

// kill ends a daemon and its programs at once. The daemon is stopped (SIGSTOP) first, so
// that it does not start another program meanwhile.
func (d *daemon) kill() error {
	err := d.cmd.Process.Signal(syscall.SIGSTOP)
	programs := childrenOf(d.pid)
	err = errors.Join(err, d.cmd.Process.Kill())
	_ = d.cmd.Wait()               // "signal: killed"
	for _, pid := range programs { // this process is their parent now
		_ = syscall.Kill(pid, syscall.SIGKILL) // may have ended by itself
		_, _ = wait(pid)
	}
	d.forget()
	return err
}

func (d *daemon) forget() {
	d.log.close()
	d.b.mu.Lock()
	delete(d.b.live, d)
	d.b.mu.Unlock()
	if !d.keep {
		os.RemoveAll(d.home)
	}
}

// tail reads what is appended to a log.
type tail struct {
	path string
	file *os.File
	rest []byte // an incomplete line
	buf  []byte
	seen func(line []byte)
}

func newTail(path string) *tail { return &tail{path: path, buf: make([]byte, 1<<20)} }

// count returns how many of the lines since the last call contain the text.
func (t *tail) count(text string) (n int) {
	if t.file == nil {
		var err error
		if t.file, err = os.Open(t.path); err != nil {
			return 0 // does not exist yet
		}
	}
	for {
		got, err := t.file.Read(t.buf)
		t.rest = append(t.rest, t.buf[:got]...)
		if err == io.EOF || got == 0 {
			break
		}
	}
	end := bytes.LastIndexByte(t.rest, '\n') + 1
	for line := range bytes.Lines(t.rest[:end]) {
		if bytes.Contains(line, []byte(text)) {
			n++
		}
		if t.seen != nil {
			t.seen(line)
		}
	}
	t.rest = append(t.rest[:0], t.rest[end:]...)
	return n
}

func (t *tail) close() {
	if t.file != nil {
		t.file.Close()
	}
}

// base is the configuration without its programs.
const base = `[supervisord]
logfile={home}/s.log
logfile_maxbytes=0
pidfile={home}/s.pid
childlogdir={home}
[unix_http_server]
file={home}/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{home}/s.sock
`

// sections returns n programs with the same settings.
func sections(n int, settings ...string) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "[program:p%04d]\n%s\n", i, strings.Join(settings, "\n"))
	}
	return s.String()
}

// command returns the setting that runs argv.
func command(argv ...string) string {
	words := slices.Clone(argv)
	for i, word := range words {
		if strings.Contains(word, " ") {
			words[i] = `"` + word + `"`
		}
	}
	return "command=" + strings.Join(words, " ")
}
