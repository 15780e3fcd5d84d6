package main

import (
	"bytes"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Keys that are signals when the terminal itself edits the line. The editor takes every
// key as a character and has no use for these.
const (
	keySuspend = rune('Z' - '@')
	keyQuit    = rune('\\' - '@')
)

// keyboard passes keys on to the editor while a line is being edited, except those that
// end or stop the program. It opens the terminal again, so that making its descriptor
// non-blocking does not affect the shell that started us.
type keyboard struct {
	tty  *os.File
	keys *os.File // the end from which the editor reads
	to   *os.File // the other end of keys
	rest []byte   // read but not yet passed on

	suspend func()
}

// openKeyboard returns nil if standard input is not our controlling terminal: then none
// of these keys is a signal.
func openKeyboard() *keyboard {
	if _, err := unix.IoctlGetInt(int(os.Stdin.Fd()), unix.TIOCGPGRP); err != nil {
		return nil
	}
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return nil
	}
	keys, to, err := os.Pipe()
	if err != nil {
		_ = tty.Close()
		return nil
	}
	return &keyboard{tty: tty, keys: keys, to: to}
}

func (k *keyboard) close() {
	for _, f := range []*os.File{k.tty, k.keys, k.to} {
		_ = f.Close()
	}
}

// lineGrace is how long nothing is read after the end of a line, so that later keys are
// left to the command that the line starts; that stops listen by then. (The editor's own
// questions continue after Enter.)
const lineGrace = 50 * time.Millisecond

// listen passes keys on until stop is called.
func (k *keyboard) listen() (stop func()) {
	stopping, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1024)
		for k.pass() {
			n, err := k.tty.Read(buffer)
			k.rest = append(k.rest, buffer[:n]...)
			if os.IsTimeout(err) {
				return
			}
			if err != nil { // the terminal is gone
				_ = k.to.Close()
				return
			}
			if bytes.ContainsAny(buffer[:n], "\r\n") && k.pass() {
				select {
				case <-stopping:
					return
				case <-time.After(lineGrace):
				}
			}
		}
	}()
	return func() {
		close(stopping)
		past := time.Unix(1, 0)
		_, _ = k.tty.SetReadDeadline(past), k.to.SetWriteDeadline(past)
		<-done
		_, _ = k.tty.SetReadDeadline(time.Time{}), k.to.SetWriteDeadline(time.Time{})
	}
}

// pass passes on what was read and reports whether nothing is left. Signal keys take
// effect on the way.
func (k *keyboard) pass() bool {
	for len(k.rest) > 0 {
		end := bytes.IndexAny(k.rest, string(keySuspend)+string(keyQuit))
		if end == 0 {
			if rune(k.rest[0]) == keySuspend {
				k.suspend()
			} else {
				_ = syscall.Kill(0, syscall.SIGQUIT)
			}
			k.rest = k.rest[1:]
			continue
		}
		if end < 0 {
			end = len(k.rest)
		}
		n, err := k.to.Write(k.rest[:end])
		k.rest = k.rest[n:]
		if err != nil {
			return false
		}
	}
	return true
}
