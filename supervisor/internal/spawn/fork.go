package spawn

import (
	"errors"
	"runtime"
	"strconv"
	"syscall"
)

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// starter forks one start after the other. For starts with a umask it does so in a thread of its own whose umask and working
// directory are its own, so that setting them for a child does not touch the daemon's other threads. All others are forked in
// whatever thread comes: to wake a certain one would take as long as the fork. Only the loop calls its methods.
type starter struct {
	k       *kernel
	masks   bool
	jobs    chan *start
	done    chan struct{}
	current []*start
}

// startsAhead is how many starts a starter is given at once, so that it need not wait for the loop in between.
const startsAhead = 3

func newStarter(k *kernel, masks bool) *starter {
	st := &starter{k: k, masks: masks, jobs: make(chan *start, startsAhead), done: make(chan struct{})}
	go st.run()
	return st
}

// submit takes a start over; it must not be called with room() == 0. The outcome comes on kernel.forked.
func (st *starter) submit(s *start) {
	st.current = append(st.current, s)
	st.jobs <- s
}

func (st *starter) room() int { return startsAhead - len(st.current) }

// front is the start being forked now, if any.
func (st *starter) front() *start {
	if len(st.current) == 0 {
		return nil
	}
	return st.current[0]
}

// settle says that the outcome of s was taken in. It tells if s was its own.
func (st *starter) settle(s *start) bool {
	n := len(st.current)
	st.current = without(st.current, s)
	return len(st.current) < n
}

// retire gives back what was not begun. What is being forked is completed, if ever, and its outcome is told.
func (st *starter) retire() []*start {
	var back []*start
	for {
		select {
		case s := <-st.jobs:
			back = append(back, s)
			st.current = without(st.current, s)
			continue
		default:
		}
		close(st.jobs)
		return back
	}
}

// end ends a starter that was not retired and waits for it. What was not begun is dropped.
func (st *starter) end() {
	for _, s := range st.retire() {
		s.closeAll()
	}
	<-st.done
}

// run is the thread, if it has to be one: it stays locked, and when run returns, the thread ends.
func (st *starter) run() {
	defer close(st.done)
	mask, private := -1, true
	if st.masks {
		runtime.LockOSThread()
		mask, private = st.k.unshare()
	}
	for s := range st.jobs {
		if !private && s.plan.Umask >= 0 && s.plan.Umask != mask {
			s.shim = true
		}
		pid, err := st.k.fork(s, mask)
		if err != nil && !s.shim {
			s.shim = true // say in the child what fails
			pid, err = st.k.fork(s, mask)
		}
		s.settled(pid, err)
		st.k.hand(st.k.forked, s)
	}
}

// errNoSlots: syscall.ForkExec has to do it.
var errNoSlots = errors.New("no such fork here")

// fork forks in the calling thread, whose umask is mask.
func (k *kernel) fork(s *start, mask int) (pid int, err error) {
	p, files, planFile, err := s.order()
	if err != nil {
		return 0, err
	}
	if planFile != nil {
		defer planFile.Close()
	}
	if p.Umask >= 0 && p.Umask != mask {
		syscall.Umask(p.Umask)
		defer syscall.Umask(mask)
	}
	if pid, err := k.slots.forkExec(p, files); err != errNoSlots {
		return pid, err
	}
	attr := &syscall.ProcAttr{Dir: p.Dir, Env: p.Env, Files: make([]uintptr, len(files)), Sys: &syscall.SysProcAttr{Setpgid: true}}
	for i, fd := range files {
		attr.Files[i] = uintptr(fd)
	}
	if p.Switch != nil {
		attr.Sys.Credential = &syscall.Credential{Uid: p.Switch.UID, Gid: p.Switch.Groups.GID, Groups: p.Switch.Groups.Groups}
	}
	return syscall.ForkExec(p.File, p.Argv, attr)
}

func without(list []*start, s *start) []*start {
	for i := range list {
		if list[i] == s {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}
