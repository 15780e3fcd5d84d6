package spawn

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// start is one start on its way: a worker prepares it, a starter forks it, the loop delivers the outcome.
type start struct {
	spec  *Spec
	phase atomic.Int32 // who may go on; see below
	pace  atomic.Int32 // onTime, slow or finished

	// Written by the worker until it hands the start over, then by the loop.
	plan   plan
	child  [3]int // the child's ends; -1: none
	result Started
	shim   bool

	// The loop's.
	state state
	began time.Time // of the present state
	seen  bool      // began is set for the preparation
	aside bool      // it hangs; the others don't wait for it
}

// Phases. The loop takes a start over that hangs in its preflight: both sides swap, one wins.
const (
	queued   int32 = iota // no worker has it yet
	checking              // command, log files, pipes
	preflight
	prepared
)

const (
	onTime int32 = iota
	slow
	finished
)

type state int

const (
	preparing state = iota
	ready           // to be forked
	forking
	done
)

func newStart(s *Spec) *start {
	none := [3]int{-1, -1, -1}
	return &start{spec: s, child: none, result: Started{ID: s.ID, Stdin: -1, Stdout: -1, Stderr: -1}}
}

// prepare does all that may block. It tells if the start is still the worker's to hand over.
func (k *kernel) prepare(s *start) bool {
	s.phase.Store(checking)
	if err := k.check(s); err != nil {
		s.result.Err = err
		s.phase.Store(prepared)
		return true
	}
	s.phase.Store(preflight)
	o := k.preflights.run(flight{s.plan.File, s.plan.Dir})
	if !s.phase.CompareAndSwap(preflight, prepared) {
		return false
	}
	s.shim = k.choose(s.plan.special(), o)
	return true
}

// check carries out the steps of a start up to the preflight; see checklist 154 for what can go wrong.
func (k *kernel) check(s *start) *StartError {
	spec := s.spec
	file, serr := CheckCommand(spec.Argv, spec.Path)
	if serr != nil {
		return serr
	}
	if spec.Before != nil {
		if err := spec.Before(); err != nil {
			return &StartError{kindOf(err), err.Error()}
		}
	}
	s.plan = plan{
		File: file, Argv: spec.Argv, Env: spec.Env, Dir: spec.Dir, Umask: spec.Umask,
		Limits: spec.Limits, Nice: spec.Nice,
	}
	if u := spec.User; u != nil {
		s.plan.Switch = k.identity(u.UID)
	}
	if err := s.pipes(); err != nil {
		s.closeAll()
		return pipeError(spec.Name, err)
	}
	return nil
}

// identity is what a switch to uid takes; nil if it takes nothing. What forbids the switch is for the child to say.
func (k *kernel) identity(uid uint32) *identity {
	id := &identity{UID: uid}
	groups, err := k.groups.of(uid)
	switch {
	case errors.Is(err, ErrNoUser):
		id.Refusal = "Can't find uid " + utoa(uid)
	case os.Getuid() == int(uid):
		return nil
	case os.Getuid() != 0:
		id.Refusal = "Can't drop privilege as nonroot user"
	case err != nil:
		id.Refusal = err.Error()
	}
	id.Groups = groups
	return id
}

// pipes makes the pipes between us and the child.
func (s *start) pipes() error {
	r := &s.result
	if s.spec.Socket == nil {
		if err := pipe(&s.child[0], &r.Stdin); err != nil {
			return err
		}
	}
	if err := pipe(&r.Stdout, &s.child[1]); err != nil {
		return err
	}
	if !s.spec.MergeStderr {
		if err := pipe(&r.Stderr, &s.child[2]); err != nil {
			return err
		}
	}
	return nil
}

// files are the descriptors 0, 1 and 2 of the child.
func (s *start) files() []int {
	f := []int{s.child[0], s.child[1], s.child[2]}
	if s.spec.Socket != nil {
		f[0] = int(s.spec.Socket.Fd())
	}
	if s.spec.MergeStderr {
		f[2] = f[1]
	}
	return f
}

// order is what a starter has to fork: the program, or the shim with the plan as a file, which the caller closes.
func (s *start) order() (_ *plan, files []int, planFile *os.File, err error) {
	if !s.shim {
		return &s.plan, s.files(), nil, nil
	}
	own, err := ownBinary()
	if err != nil {
		return nil, nil, nil, err
	}
	f, err := dataFile(s.plan.append(nil))
	if err != nil {
		return nil, nil, nil, err
	}
	return &plan{File: own, Argv: []string{reexecName, shimPart}, Umask: -1}, append(s.files(), int(f.Fd())), f, nil
}

// settled takes in what the fork gave and closes what is not needed any more.
func (s *start) settled(pid int, err error) {
	if err != nil {
		s.closeAll()
		s.result.Err = forkError(s.spec.Name, err)
		return
	}
	s.result.Pid = pid
	for i := range s.child {
		closeFD(&s.child[i])
	}
}

// closeAll closes both ends of all pipes.
func (s *start) closeAll() {
	for i := range s.child {
		closeFD(&s.child[i])
	}
	closeFD(&s.result.Stdin)
	closeFD(&s.result.Stdout)
	closeFD(&s.result.Stderr)
}

func closeFD(fd *int) {
	if *fd >= 0 {
		syscall.Close(*fd)
		*fd = -1
	}
}

func pipeError(name string, err error) *StartError {
	if errors.Is(err, syscall.EMFILE) {
		return &StartError{Shortage, "too many open files to spawn '" + name + "'"}
	}
	return &StartError{kindOf(err), "unknown error making dispatchers for '" + name + "': " + errnoOf(err)}
}

func forkError(name string, err error) *StartError {
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return &StartError{Shortage, "Too many processes in process table to spawn '" + name + "'"}
	case errors.Is(err, syscall.EMFILE):
		return &StartError{Shortage, "too many open files to spawn '" + name + "'"}
	}
	return &StartError{kindOf(err), "unknown error during fork for '" + name + "': " + errnoOf(err)}
}

// kindOf is Shortage if err comes from what this process lacks.
func kindOf(err error) Kind {
	for _, errno := range [...]error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EAGAIN} {
		if errors.Is(err, errno) {
			return Shortage
		}
	}
	return Other
}

// errnoOf names the error of the system inside err.
func errnoOf(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errnoName(errno)
	}
	return err.Error()
}
