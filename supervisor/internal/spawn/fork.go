package spawn

import (
	"runtime"
	"strconv"
	"syscall"
)

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// starter forks one start after the other. Only the loop calls its methods.
type starter interface {
	// submit takes a start over; it must not be called with room() == 0. The outcome comes on kernel.forked.
	submit(s *start)
	room() int
	// front is the start being forked now, if any.
	front() *start
	// settle says that the outcome of s was taken in. It tells if s was its own.
	settle(s *start) bool
	// retire gives back what was not begun. What is being forked is completed, if ever, and its outcome is told.
	retire() []*start
	// end ends a starter that was not retired and waits for it, at most a second for what hangs. What was not begun is dropped.
	end()
	// abandon ends a retired starter that has nothing left.
	abandon()
}

// attributes are what the kernel is told at a fork.
func attributes(p *plan, files []int) *syscall.ProcAttr {
	attr := &syscall.ProcAttr{Dir: p.Dir, Env: p.Env, Files: make([]uintptr, len(files)), Sys: &syscall.SysProcAttr{Setpgid: true}}
	for i, fd := range files {
		attr.Files[i] = uintptr(fd)
	}
	if p.Switch != nil {
		attr.Sys.Credential = &syscall.Credential{
			Uid: p.Switch.UID, Gid: p.Switch.Groups.GID, Groups: p.Switch.Groups.Groups,
		}
	}
	return attr
}

// direct forks in this process. For starts with a umask it does so in a thread of its own whose umask and working directory are
// its own, so that setting them for a child does not touch the daemon's other threads. All others are forked in whatever thread
// comes: to wake a certain one would take as long as the fork.
type direct struct {
	k       *kernel
	masks   bool
	jobs    chan *start
	done    chan struct{}
	current []*start
}

// directAhead is how many starts a thread is given at once, so that it need not wait for the loop in between.
const directAhead = 3

func newDirect(k *kernel, masks bool) *direct {
	d := &direct{k: k, masks: masks, jobs: make(chan *start, directAhead), done: make(chan struct{})}
	go d.run()
	return d
}

func (d *direct) submit(s *start) {
	d.current = append(d.current, s)
	d.jobs <- s
}

func (d *direct) room() int { return directAhead - len(d.current) }

func (d *direct) front() *start { return first(d.current) }

func (d *direct) settle(s *start) bool {
	n := len(d.current)
	d.current = without(d.current, s)
	return len(d.current) < n
}

func (d *direct) retire() []*start {
	var back []*start
	for {
		select {
		case s := <-d.jobs:
			back = append(back, s)
			d.current = without(d.current, s)
			continue
		default:
		}
		close(d.jobs)
		return back
	}
}

func (d *direct) abandon() {} // the thread ends by itself

func (d *direct) end() {
	for _, s := range d.retire() {
		s.closeAll()
	}
	<-d.done
}

// run is the thread, if it has to be one: it stays locked, and when run returns, the thread ends.
func (d *direct) run() {
	defer close(d.done)
	mask, private := -1, true
	if d.masks {
		runtime.LockOSThread()
		mask, private = d.k.unshare()
	}
	for s := range d.jobs {
		if !private && s.plan.Umask >= 0 && s.plan.Umask != mask {
			s.how.shim = true
		}
		pid, err := forkDirect(s, mask)
		if err != nil && !s.how.shim {
			s.how.shim = true // say in the child what fails
			pid, err = forkDirect(s, mask)
		}
		s.settled(pid, err)
		d.k.hand(d.k.forked, s)
	}
}

func forkDirect(s *start, mask int) (pid int, err error) {
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
	return syscall.ForkExec(p.File, p.Argv, attributes(p, files))
}

func first(list []*start) *start {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func without(list []*start, s *start) []*start {
	for i := range list {
		if list[i] == s {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}
