package compat

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"github.com/creack/pty"
)

// terminal is supervisorctl on a pseudo-terminal.
type terminal struct {
	file *os.File
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	data strings.Builder
	mark int // up to where "pty wait" has matched
}

func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.data.String()
}

func (t *terminal) close() {
	_ = t.cmd.Process.Kill()
	<-t.done
	t.file.Close()
}

// stepPty drives a program on a terminal:
//
//	pty ctl ARGS      starts supervisorctl with the instance's config
//	pty send KEYS     types them ("\x03" is Ctrl-C, "\x04" Ctrl-D, "\t" Tab)
//	pty wait TEXT     waits until the text appears after what was waited for before
//	pty kill          kills it; shows the whole screen
//	pty end           waits until the program has ended; shows the whole screen and
//	                  the status
func stepPty(in *instance, w *strings.Builder, args []string) error {
	if args[0] == "ctl" {
		return in.openTerminal(append([]string{"-c", in.path("supervisord.conf")}, args[1:]...))
	}
	t := in.term
	if t == nil {
		return fmt.Errorf("no terminal")
	}
	switch args[0] {
	case "send":
		_, err := t.file.WriteString(args[1])
		return err
	case "wait":
		ok := in.poll(func() bool {
			text := t.text()
			i := strings.Index(text[t.mark:], args[1])
			if i >= 0 {
				t.mark += i + len(args[1])
			}
			return i >= 0
		})
		if !ok {
			fmt.Fprintf(w, "TIMEOUT: %q not in %q\n", args[1], t.text()[t.mark:])
		}
		return nil
	case "kill":
		t.close()
		in.term = nil
		w.WriteString(endLine(screen(t.text())))
		return nil
	case "end":
		ended := in.poll(func() bool {
			select {
			case <-t.done:
				return true
			default:
				return false
			}
		})
		if !ended {
			fmt.Fprintln(w, "TIMEOUT: it has not ended")
		}
		t.close()
		in.term = nil
		w.WriteString(endLine(screen(t.text())))
		fmt.Fprintln(w, exitText(t.cmd))
		return nil
	}
	return fmt.Errorf("bad pty step")
}

func (in *instance) openTerminal(args []string) error {
	if in.term != nil {
		return fmt.Errorf("a terminal is open")
	}
	cmd := in.command(in.ctl, args...)
	f, err := pty.StartWithAttrs(cmd, &pty.Winsize{Rows: 24, Cols: 80}, &syscall.SysProcAttr{Setsid: true, Setctty: true})
	if err != nil {
		return err
	}
	t := &terminal{file: f, cmd: cmd, done: make(chan struct{})}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := f.Read(buf)
			t.mu.Lock()
			t.data.Write(buf[:n])
			t.mu.Unlock()
			if err != nil { // EIO: the last holder of the other end is gone
				_ = cmd.Wait()
				close(t.done)
				return
			}
		}
	}()
	in.term = t
	return nil
}

var controls = regexp.MustCompile(`\x1b\[[?0-9;]*[A-Za-z]|\x1b[=>]|\x07`)

// screen removes the terminal's control sequences from a program's output.
func screen(text string) string {
	text = controls.ReplaceAllString(text, "")
	return strings.ReplaceAll(text, "\r\n", "\n")
}
