package spawn

import (
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// start is one start in progress: a goroutine prepares it, a starter carries it out, the
// loop delivers the outcome.
type start struct {
	spec *Spec
	at   atomic.Int32 // the preparation's current step

	// Written by the preparation until it returns the start to the loop, then by the
	// loop.
	plan   plan
	packet []byte   // the encoded plan for the starter
	file   *os.File // holds the plan instead
	child  [4]int   // the child's ends: 0, 1, 2 and Spec.Extra; -1: none
	result Started
	shim   bool // through the shim

	// The rest belongs to the loop.
	state   state
	step    int32     // the step that was seen last
	began   time.Time // when that step or the fork began
	aside   bool      // others don't wait for it
	said    string    // where it hangs, once that is to be reported
	revoked bool      // its outcome was delivered
	sent    instant   // when it was sent to the starter
	deaths  int       // of starters that it was sent to
	stderr  int       // the child's, kept while its exec hangs; -1: none
}

// Steps of a preparation.
const (
	unbegun int32 = iota
	checking
	opening
	lookingUp
)

type state int

const (
	preparing state = iota
	ready           // to be forked
	forking
	done
)

func newStart(s *Spec) *start {
	none := [4]int{-1, -1, -1, -1}
	return &start{spec: s, child: none, stderr: -1, result: Started{ID: s.ID, Stdin: -1, Stdout: -1, Stderr: -1, Extra: -1}}
}

// where says in words what a start is doing.
func (s *start) where() string {
	switch {
	case s.state == forking:
		return "executing " + s.plan.File
	case s.step == opening:
		return "opening its log files"
	case s.step == lookingUp:
		return "looking up its user"
	}
	return "checking its command " + s.spec.Argv[0] // an empty one can't hang
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
	if s.spec.Extra > 0 {
		return pipe(&r.Extra, &s.child[3])
	}
	return nil
}

// files returns the descriptors 0, 1 and 2 of the child, and what Spec.Listen and
// Spec.Extra are to be.
func (s *start) files() []int {
	f := []int{s.child[0], s.child[1], s.child[2]}
	for _, l := range s.spec.Listen {
		f = append(f, l.fd)
	}
	if s.spec.Extra > 0 {
		f = append(f, s.child[3])
	}
	if s.spec.Socket != nil {
		f[0] = s.spec.Socket.fd
	}
	if s.spec.MergeStderr {
		f[2] = f[1]
	}
	return f
}

// settled records the outcome of the fork and closes what is no longer needed.
func (s *start) settled(pid int, err error) {
	if err != nil {
		s.closeAll()
		s.result.Err = forkError(s.spec.Name, err)
		return
	}
	s.result.Pid = pid
	s.closeChilds()
}

// closeChilds closes what only the child needs.
func (s *start) closeChilds() {
	for i := range s.child {
		closeFD(&s.child[i])
	}
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
	s.packet = nil
}

// closeAll closes both ends of all pipes.
func (s *start) closeAll() {
	s.closeChilds()
	closeFD(&s.result.Stdin)
	closeFD(&s.result.Stdout)
	closeFD(&s.result.Stderr)
	closeFD(&s.result.Extra)
	closeFD(&s.stderr)
}

func closeFD(fd *int) {
	if *fd >= 0 {
		syscall.Close(*fd)
		*fd = -1
	}
}
