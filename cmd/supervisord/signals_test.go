package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"reeve/supervisor"
	"reeve/supervisor/process"
)

// fakeSupervisor notes what it is told.
type fakeSupervisor struct {
	mu    sync.Mutex
	state supervisor.State
	got   []syscall.Signal
}

func (f *fakeSupervisor) State() supervisor.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

func (f *fakeSupervisor) Signal(sig syscall.Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = append(f.got, sig)
}

func TestSignals(t *testing.T) {
	broken := errors.New("Source contains parsing errors")
	for _, c := range []struct {
		name   string
		state  supervisor.State
		reread error
		sig    syscall.Signal
		want   string
		lines  int
	}{
		{"118 TERM", supervisor.Running, broken, syscall.SIGTERM, "[terminated]", 0},
		{"119 HUP", supervisor.Running, nil, syscall.SIGHUP, "[hangup]", 0},
		{"99 HUP with a broken configuration", supervisor.Running, broken, syscall.SIGHUP, "[]", 2},
		{"119 HUP while shutting down", supervisor.Shutdown, broken, syscall.SIGHUP, "[hangup]", 0},
		{"120 USR2", supervisor.Running, broken, syscall.SIGUSR2, "[user defined signal 2]", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sup := &fakeSupervisor{state: c.state}
				var lines []string
				s := &signals{received: make(chan os.Signal, 2), end: make(chan struct{})}
				s.pass(sup, func() error { return c.reread }, func(level process.Level, text string) {
					lines = append(lines, fmt.Sprint(level, " ", text))
				})
				s.received <- c.sig
				synctest.Wait()
				s.stop()
				if got := fmt.Sprint(sup.got); got != c.want || len(lines) != c.lines {
					t.Errorf("handed on %s, logged %q; want %s and %d lines", got, lines, c.want, c.lines)
				}
			})
		})
	}
}

// TestTermDoesNotWaitForAHungFile: while the configuration is read for a SIGHUP, other signals get through.
func TestTermDoesNotWaitForAHungFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sup := &fakeSupervisor{state: supervisor.Running}
		hung := make(chan struct{})
		s := &signals{received: make(chan os.Signal, 2), end: make(chan struct{})}
		s.pass(sup, func() error { <-hung; return nil }, func(process.Level, string) {})
		s.received <- syscall.SIGHUP
		s.received <- syscall.SIGTERM
		synctest.Wait()
		if got := fmt.Sprint(sup.got); got != "[terminated]" {
			t.Errorf("while the file hangs: %s", got)
		}
		close(hung)
		synctest.Wait()
		s.stop()
		if got := fmt.Sprint(sup.got); got != "[terminated hangup]" {
			t.Errorf("after that: %s", got)
		}
	})
}
