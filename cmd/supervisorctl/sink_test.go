package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestOutputThatCannotBeWritten: with its output on a full disk, every action reports
// that and exits with 1, as upstream does; streams end. The action is carried out
// nevertheless.
func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here: ", err)
	}
	t.Cleanup(func() { full.Close() })
	for _, who := range peers(t) {
		for _, line := range []string{
			"status", "status --json", "avail", "pid", "pid all", "version", "help", "help start", "start off", "stop cat", "restart cat",
			"signal HUP cat", "clear cat", "tail cat", "tail -f cat", "maintail", "maintail -f", "fg cat", "reread", "update", "add web",
			"remove web", "shutdown", "reload", "quit", "open http://localhost:1", "completion bash", "nosuch", "-h", "",
		} {
			if who.name == "theirs" && (strings.Contains(line, "-f") || strings.HasPrefix(line, "fg") || line == "completion bash") {
				continue // runs forever, or upstream does not have it
			}
			t.Run(who.name+"/"+line, func(t *testing.T) {
				t.Parallel()
				f := newStreamer(t)
				f.streams["/mainlogtail"] = "a line\n"
				cmd := who.command(t, f.url, strings.Fields(line)...)
				cmd.Stdout = full
				cmd.Stdin = strings.NewReader("version\n")
				if line == "fg cat" {
					cmd.Stdin = blocked(t)
				}
				var errs bytes.Buffer
				cmd.Stderr = &errs
				err := cmd.Start()
				if err == nil {
					kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
					err = cmd.Wait()
					kill.Stop()
				}
				// 1, or 120 if Python writes its buffer only at the end
				if who.name == "theirs" {
					if exitCode(err) == 0 {
						t.Errorf("ended with %v", err)
					}
					return
				}
				const want = "Error: cannot write the output: no space left on device\n"
				if exitCode(err) != 1 || errs.String() != want {
					t.Errorf("ended with %v, said %q, want status 1 and %q", err, errs.String(), want)
				}
			})
		}
	}
}

// blocked returns an input that never ends.
func blocked(t *testing.T) io.Reader {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r
}

// TestReaderGone: a stream whose reader has gone ends without a message, even where
// SIGPIPE is ignored.
func TestReaderGone(t *testing.T) {
	t.Parallel()
	s := &sink{to: writerFunc(func([]byte) (int, error) { return 0, &os.PathError{Op: "write", Err: syscall.EPIPE} })}
	f := newStreamer(t)
	_, errs, _ := one(t, f.url, "tail -f cat", "", func(c *ctl) { c.out.out = s })
	var last bytes.Buffer
	if status := s.finish(exitOK, &last); status != exitGeneric || last.Len() > 0 || errs != "" {
		t.Errorf("status %d, said %q and %q", status, errs, last.String())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestActionsGoOnWithoutOutput: an action is carried out for all names, although the
// first line could not be written.
func TestActionsGoOnWithoutOutput(t *testing.T) {
	t.Parallel()
	f := newFake(t, world())
	s := &sink{to: writerFunc(func([]byte) (int, error) { return 0, errors.New("full") })}
	one(t, f.url, "start off cat", "", func(c *ctl) { c.out.out = s })
	f.waitCall(t, "startProcess cat 1")
}

// TestRedirectsAreNotFollowed: a redirect is reported as a status other than 200, as
// upstream does.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, who := range peers(t) {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, world())
			f.status, f.location = 307, "/RPC2?again"
			out, err := who.command(t, f.url, "avail").Output()
			want := "error: <class 'xmlrpc.client.ProtocolError'>, <ProtocolError for 127.0.0.1/RPC2: 307 Temporary Redirect>"
			if !strings.HasPrefix(string(out), want) || exitCode(err) != 1 {
				t.Errorf("printed %q (%v), want %q", out, err, want)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if len(f.requests) != 1 {
				t.Errorf("requests: %q", f.requests)
			}
		})
	}
}

func exitCode(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	return 0
}

// TestUsageBegins: upstream's own end-to-end test waits for these words.
func TestUsageBegins(t *testing.T) {
	t.Parallel()
	for _, who := range peers(t) {
		out, err := who.command(t, "unix:///nonexistent", "-h").Output()
		if err != nil || !strings.HasPrefix(string(out), "supervisorctl -- control applications run by supervisord") {
			t.Errorf("%s: %v %.100q", who.name, err, out)
		}
	}
}
