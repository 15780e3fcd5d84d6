package supervisor

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// fakeKernel plays the operating system: starts succeed at once and children live on
// unless a test says otherwise, and everything asked of it is written to the trace.
type fakeKernel struct {
	trace   *trace
	started chan spawn.Started
	stuck   chan spawn.Stuck
	exited  chan spawn.Exit
	nextPid int
	// The loop may start something while a step changes how starts turn out.
	mu     sync.Mutex
	fail   map[string]string // program: reason why its next starts fail
	short  map[string]bool   // program: that reason is a shortage
	hold   map[string]bool   // program: its starts hang
	held   []*spawn.Spec
	pids   map[string]int
	live   map[int]bool // not ended
	left   bool         // it has handed over: who is killed now is hidden
	names  map[int]string
	obey   map[string]bool // program: its child ends at any signal, at once
	refuse error           // of the next signal
	absent string          // program: there is no such command
}

func newFakeKernel(t *trace) *fakeKernel {
	return &fakeKernel{
		trace: t, nextPid: 101,
		started: make(chan spawn.Started, 1000), stuck: make(chan spawn.Stuck, 1000), exited: make(chan spawn.Exit, 1000),
		fail: map[string]string{}, short: map[string]bool{}, hold: map[string]bool{}, obey: map[string]bool{},
		live: map[int]bool{}, pids: map[string]int{}, names: map[int]string{},
	}
}

func (k *fakeKernel) Start(s *spawn.Spec) {
	k.trace.burn()
	if k.hold[s.Name] {
		k.held = append(k.held, s)
		return
	}
	k.finishStart(s)
}

func (k *fakeKernel) finishStart(s *spawn.Spec) {
	if s.Before == nil {
		s.Before = func() error { return nil } // the command of a check
	}
	if err := s.Before(); err != nil {
		k.started <- spawn.Started{ID: s.ID, Err: &spawn.StartError{Reason: err.Error()}}
		return
	}
	if reason, short := k.failure(s.Name); reason != "" {
		kind := spawn.Other
		if short {
			kind = spawn.Shortage
		}
		k.started <- spawn.Started{ID: s.ID, Err: &spawn.StartError{Kind: kind, Reason: reason}}
		return
	}
	if s.Own {
		k.trace.printf("kernel: own binary as %q", s.Argv)
	} else if s.Name == k.absent {
		k.started <- spawn.Started{ID: s.ID, Err: &spawn.StartError{Kind: spawn.NoFile, Reason: "can't find command '" + s.Argv[0] + "'"}}
		return
	}
	pid := k.nextPid
	k.nextPid++
	k.pids[s.Name], k.names[pid], k.live[pid] = pid, s.Name, true
	k.started <- spawn.Started{ID: s.ID, Pid: pid, Stdin: 1, Stdout: 1, Stderr: 1}
}

// fails sets how the next starts of a program turn out; without a reason they work.
func (k *fakeKernel) fails(name, reason string, short bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fail[name], k.short[name] = reason, short
}

// obeys has the children of a program end at any signal.
func (k *fakeKernel) obeys(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.obey[name] = true
}

func (k *fakeKernel) failure(name string) (reason string, short bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.fail[name], k.short[name]
}

// openSocket fails if its address was given to fails.
func (k *fakeKernel) openSocket(s spawn.SocketSpec) (*spawn.Socket, error) {
	if reason, _ := k.failure(s.Address); reason != "" {
		return nil, errors.New(reason)
	}
	k.trace.printf("kernel: listens on %s", s.Address)
	fd, err := syscall.Open(os.DevNull, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	return spawn.NewSocket(fd), err
}

// hangs reports that the starts of a program that are held hang.
func (k *fakeKernel) hangs(name, where string) {
	for _, s := range k.held {
		if s.Name == name {
			k.stuck <- spawn.Stuck{ID: s.ID, Where: where}
		}
	}
}

// Revoke gives up a start that is held.
func (k *fakeKernel) Revoke(id uint64) {
	k.trace.printf("kernel: revoke %d", id)
	k.held = slices.DeleteFunc(k.held, func(s *spawn.Spec) bool {
		if s.ID != id {
			return false
		}
		k.started <- spawn.Started{ID: id, Err: &spawn.StartError{Kind: spawn.Revoked, Reason: "revoked"}}
		return true
	})
}

func (k *fakeKernel) Stuck() <-chan spawn.Stuck     { return k.stuck }
func (k *fakeKernel) Started() <-chan spawn.Started { return k.started }
func (k *fakeKernel) Exited() <-chan spawn.Exit     { return k.exited }
func (k *fakeKernel) Close() error                  { return nil }

// HandOver leaves the exits that nobody has received where they are.
func (k *fakeKernel) HandOver() (h spawn.Handed) {
	k.left = true
	h.Children = slices.Sorted(maps.Keys(k.live))
	for range len(k.exited) {
		e := <-k.exited
		h.Exits = append(h.Exits, spawn.HandedExit(e))
		k.exited <- e
	}
	return h
}

// Reap finds nothing: exit reports the end of a child.
func (k *fakeKernel) Reap(int) (spawn.Exit, bool) { return spawn.Exit{}, false }

func (k *fakeKernel) Signal(pid int, sig syscall.Signal, group bool) error {
	to := "process"
	if group {
		to = "group"
	}
	k.trace.printf("kernel: %s to %s %d", process.SignalName(sig), to, pid)
	k.trace.burn()
	if k.left && sig == syscall.SIGKILL {
		delete(k.live, pid)
		return nil
	}
	if err := k.refuse; err != nil {
		k.refuse = nil
		return err
	}
	k.mu.Lock()
	obeys := k.obey[k.names[pid]]
	k.mu.Unlock()
	if obeys {
		k.exit(pid, process.Exit{Code: -1, Signal: sig})
	}
	return nil
}

func (k *fakeKernel) exit(pid int, e process.Exit) {
	delete(k.live, pid)
	k.exited <- spawn.Exit{Pid: pid, Status: e}
}

// fakeTable plays capture: nothing is read, drains are done at once, input is written to
// the trace.
type fakeTable struct {
	trace   *trace
	outputs chan capture.Output
	fail    error // of the next reopens
	closes  bool  // show when an input is closed
}

func (t *fakeTable) Outputs() <-chan capture.Output          { return t.outputs }
func (t *fakeTable) Attach(capture.ID, int, capture.Options) { t.trace.burn() }
func (t *fakeTable) AttachInput(capture.ID, int)             { t.trace.burn() }
func (t *fakeTable) Sync(_ capture.ID, done func(error))     { go done(nil) }
func (t *fakeTable) Change(id capture.ID, c capture.Change) {
	t.trace.printf("change %v of row %d: %+v", id.Channel, id.Proc, c)
}
func (t *fakeTable) SetStripANSI(bool)                {}
func (t *fakeTable) Answer(capture.ID) ([]byte, bool) { return nil, false }
func (t *fakeTable) Return(capture.ID)                {}
func (t *fakeTable) Close() error                     { return nil }

func (t *fakeTable) Drain(id capture.ID) {
	t.trace.burn()
	t.outputs <- capture.Drained{ID: id}
	t.trace.burn()
}

func (t *fakeTable) HandOver() <-chan capture.Handed {
	done := make(chan capture.Handed, 1)
	done <- capture.Handed{}
	return done
}
func (t *fakeTable) Take(capture.Handed, capture.Adoption) {}

func (t *fakeTable) CloseInput(id capture.ID) {
	t.trace.burn()
	if t.closes {
		t.trace.printf("stdin %d closed", id.Proc)
	}
}

func (t *fakeTable) Reopen(id capture.ID, done func(error)) {
	t.trace.printf("reopen %v", id.Channel)
	done(t.fail)
}

func (t *fakeTable) Clear(id capture.ID, done func(error)) {
	t.trace.printf("clear %v", id.Channel)
	go done(nil)
}

func (t *fakeTable) Send(id capture.ID, data []byte) error {
	t.trace.printf("stdin %d: %q", id.Proc, data)
	t.trace.burn()
	return nil
}

// trace is what a scenario shows: one line per thing that can be seen from outside, with
// the virtual time.
type trace struct {
	start  time.Time
	poison string // the next line with it is one to panic of
	fuse   int    // so many calls from now comes a panic; 0: none
	mu     sync.Mutex
	lines  string
	held   map[string]bool // sockets, by URL; false: not any more
}

// sockets returns which sockets the log says to be held.
func (t *trace) sockets() map[string]bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.held)
}

func (t *trace) noteSocket(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	url, created := strings.CutPrefix(text, "Creating socket ")
	closed := false
	if !created {
		url, closed = strings.CutPrefix(text, "Closing socket ")
	}
	if !created && !closed {
		return
	}
	if t.held == nil {
		t.held = map[string]bool{}
	}
	t.held[url] = created
}

// take returns what was seen since the last call.
func (t *trace) take() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines
	t.lines = ""
	return lines
}

func (t *trace) printf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines += fmt.Sprintf("%-7s ", time.Since(t.start)) + fmt.Sprintf(format, args...) + "\n"
}

func (t *trace) Log(level process.Level, text string) {
	t.printf("%s %s", levelNames[level], text)
	t.noteSocket(text)
	if t.poison != "" && strings.Contains(text, t.poison) {
		poison := t.poison
		t.poison = ""
		panic("poison: " + poison)
	}
	t.burn()
}

// burn is called for each thing that the loop has others do.
func (t *trace) burn() {
	if t.fuse--; t.fuse == 0 {
		panic("the fuse is burnt")
	}
}

func (t *trace) Reopen() { t.printf("main log reopened") }

func (t *trace) DebugEnabled() bool {
	t.burn()
	return true
}

var levelNames = map[process.Level]string{
	process.Critical: "CRIT", process.Error: "ERRO", process.Warn: "WARN", process.Info: "INFO", process.Debug: "DEBG",
	process.Trace: "TRAC", process.Blather: "BLAT",
}
