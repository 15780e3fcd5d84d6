package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"reeve/supervisor"
	"reeve/supervisor/process"
)

// fakeSupervisor records the signals that it gets.
type fakeSupervisor struct {
	mu    sync.Mutex
	state supervisor.State
	ended bool
	got   []syscall.Signal
}

func (f *fakeSupervisor) State() supervisor.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

func (f *fakeSupervisor) Signal(sig syscall.Signal) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.ended {
		f.got = append(f.got, sig)
	}
	return !f.ended
}

func noLog(process.Level, string) {}

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
		{"USR1", supervisor.Running, broken, syscall.SIGUSR1, "[user defined signal 1]", 0},
		{"USR1 while shutting down", supervisor.Shutdown, nil, syscall.SIGUSR1, "[]", 0},
		{"120 USR2", supervisor.Running, broken, syscall.SIGUSR2, "[user defined signal 2]", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			sup := &fakeSupervisor{state: c.state}
			var lines []string
			s := &signals{}
			s.attach(&receiver{
				sup: sup, reread: func() error { return c.reread }, upgrade: func() { sup.Signal(syscall.SIGUSR1) },
				log: func(level process.Level, text string) { lines = append(lines, fmt.Sprint(level, " ", text)) },
			})
			s.take(c.sig)
			if got := fmt.Sprint(sup.got); got != c.want || len(lines) != c.lines {
				t.Errorf("handed on %s, logged %q; want %s and %d lines", got, lines, c.want, c.lines)
			}
		})
	}
}

// play runs signals through the phases of a process, which are those of daemon.run and
// life.live, and returns what became of them.
func play(sigs map[string]syscall.Signal) (told string) {
	s := &signals{received: map[syscall.Signal]reception{}}
	s.exit = func(status int) { told += fmt.Sprintf("exit %d; ", status) }
	come := func(phase string) {
		if sig, ok := sigs[phase]; ok {
			s.take(sig)
		}
	}
	for i := 1; i <= 2; i++ {
		sup := &fakeSupervisor{}
		come(fmt.Sprint("opening ", i))
		s.idle = false // like prepare, but without catching any
		come(fmt.Sprint("open ", i))
		s.received[syscall.SIGHUP] = reception{c: make(chan os.Signal, 1)}
		early := s.attach(&receiver{sup: sup, reread: func() error { return nil }, log: noLog})
		if len(early) > 0 {
			told += fmt.Sprintf("early %v; ", early)
		}
		if len(s.received[syscall.SIGHUP].c) > 0 {
			s.take(syscall.SIGHUP)
		}
		come(fmt.Sprint("running ", i))
		sup.ended = true
		come(fmt.Sprint("ended ", i))
		if len(sup.got) > 0 {
			told += fmt.Sprintf("session %d %v; ", i, sup.got)
		}
		s.detach()
		come(fmt.Sprint("closing ", i))
		if !s.between() {
			return told + "end"
		}
		come(fmt.Sprint("reading ", i))
	}
	return told
}

// TestSignalsBetweenSessions: no signal is lost and none kills, whenever it arrives.
func TestSignalsBetweenSessions(t *testing.T) {
	for _, c := range []struct {
		phase           string
		term, hup, usr2 string
	}{
		{"opening 1", "early [terminated]; ", "session 1 [hangup]; ", "early [user defined signal 2]; "},
		{"open 1", "early [terminated]; ", "session 1 [hangup]; ", "early [user defined signal 2]; "},
		{"running 1", "session 1 [terminated]; ", "session 1 [hangup]; ", "session 1 [user defined signal 2]; "},
		{"ended 1", "end", "", "early [user defined signal 2]; "},
		{"closing 1", "end", "", "early [user defined signal 2]; "},
		{"reading 1", "exit 0; ", "session 2 [hangup]; ", "early [user defined signal 2]; "},
		{"opening 2", "exit 0; ", "session 2 [hangup]; ", "early [user defined signal 2]; "},
		{"open 2", "early [terminated]; ", "session 2 [hangup]; ", "early [user defined signal 2]; "},
		{"running 2", "session 2 [terminated]; ", "session 2 [hangup]; ", "session 2 [user defined signal 2]; "},
	} {
		for sig, want := range map[syscall.Signal]string{syscall.SIGTERM: c.term, syscall.SIGHUP: c.hup, syscall.SIGUSR2: c.usr2} {
			got := play(map[string]syscall.Signal{c.phase: sig})
			// The real exit does not return.
			if got != want && !(want == "exit 0; " && got == "exit 0; early [terminated]; ") {
				t.Errorf("%s %s: %q, want %q", c.phase, process.SignalName(sig), got, want)
			}
		}
	}
}

// A SIGHUP that arrives during a restart asks for no further restart unless the
// configuration has already been read.
func TestManyHangupsAreFewRestarts(t *testing.T) {
	s := &signals{}
	for range 2000 {
		s.take(syscall.SIGHUP)
	}
	if len(s.kept) != 1 {
		t.Errorf("%d signals are kept", len(s.kept))
	}
	if again := s.between(); !again || len(s.kept) != 0 {
		t.Errorf("again: %v, kept: %v", again, s.kept)
	}
}

// TestTermDoesNotWaitForAHungFile: while the configuration is being read for a SIGHUP,
// other signals get through.
func TestTermDoesNotWaitForAHungFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sup := &fakeSupervisor{state: supervisor.Running}
		hung := make(chan struct{})
		s := &signals{}
		s.attach(&receiver{sup: sup, reread: func() error { <-hung; return nil }, log: noLog})
		go s.take(syscall.SIGHUP)
		synctest.Wait()
		s.take(syscall.SIGTERM)
		if got := fmt.Sprint(sup.got); got != "[terminated]" {
			t.Errorf("while the file hangs: %s", got)
		}
		close(hung)
		synctest.Wait()
		if got := fmt.Sprint(sup.got); got != "[terminated hangup]" {
			t.Errorf("after that: %s", got)
		}
	})
}

// While the program executes itself again, nobody catches signals. Those that ask for
// what it is about to do are ignored, which survives an execve, and are caught again if
// that fails.
func TestSignalsAcrossAnExecution(t *testing.T) {
	s := catchSignals()
	defer s.release()
	failed := errors.New("no such binary")
	err := s.across(func() error {
		for _, sig := range restartSignals {
			if !signal.Ignored(sig) {
				t.Errorf("%v is not ignored", sig)
			}
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("%v, want %v", err, failed)
	}
	for _, sig := range restartSignals {
		if signal.Ignored(sig) {
			t.Errorf("%v is still ignored", sig)
		}
	}
}
