package spawn

import (
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// kernel is the handle. The rest belongs to one goroutine, the loop.
type kernel struct {
	opt    Options
	limit  time.Duration // of a fork
	shims  bool          // starts go by way of the shim from the beginning
	direct atomic.Bool   // a starter can't be had: starts are forked here
	groups groups

	started chan Started
	stuck   chan Stuck
	exited  chan Exit
	wake    chan struct{} // there is mail
	look    chan struct{} // somebody seems to have ended
	closing chan struct{}
	ended   chan struct{}
	close   sync.Once

	mu       sync.Mutex
	closed   bool // the loop takes nothing more
	mail     []message
	suspects []int         // pids that Reap was asked for in vain
	live     map[int]place // children that were not reaped yet
	execing  map[int]bool  // of those: their exec has hung
}

// place says what a child is to us.
type place int

const (
	young  place = iota // its Started was not received
	known               // it was
	hidden              // nobody hears of it: a starter, or a child that came of nothing
)

// message is what the loop is told: asked, revoked, *start (prepared), answer, silence.
type message interface {
	tell(l *loop)
	drop() // after Close
}

// New starts a Kernel. It lets the process ignore SIGPIPE and SIGXFSZ, which children
// inherit (checklist 123). No thread or process is started before the first Start, so
// that a caller may daemonize, chdir and set its umask in between.
func New(opt Options) (Kernel, error) { return newKernel(opt), nil }

func newKernel(opt Options) *kernel {
	if opt.GroupsOf == nil {
		opt.GroupsOf = systemGroups
	}
	k := &kernel{
		opt:     opt,
		limit:   forkLimit,
		groups:  groups{ask: opt.GroupsOf},
		started: make(chan Started),
		stuck:   make(chan Stuck),
		exited:  make(chan Exit),
		wake:    make(chan struct{}, 1),
		look:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
		live:    map[int]place{},
		execing: map[int]bool{},
	}
	for _, pid := range opt.Children {
		k.live[pid] = known
	}
	ignoreSignals()
	l := newLoop(k)
	l.reaper.inherited = childrenNow()
	signal.Notify(l.sigchld, syscall.SIGCHLD)
	go l.run()
	return k
}

func (k *kernel) Started() <-chan Started { return k.started }
func (k *kernel) Stuck() <-chan Stuck     { return k.stuck }
func (k *kernel) Exited() <-chan Exit     { return k.exited }

func (k *kernel) Start(spec *Spec) { k.post(asked{newStart(spec)}) }

func (k *kernel) Revoke(id uint64) { k.post(revoked{id}) }

func (k *kernel) Reap(pid int) (e Exit, ended bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok := k.live[pid]
	if !ok {
		return Exit{}, false
	}
	if p == known { // else the pid may have been given out again, and the caller mean the process before
		if e, ended = k.collect(pid); ended {
			return e, true
		}
	}
	k.suspects = append(k.suspects, pid)
	select {
	case k.look <- struct{}{}:
	default: // whoever takes what is there already finds this one, too
	}
	return Exit{}, false
}

// Signal holds the lock that reaping holds, so that the pid can't be given out again in
// between.
func (k *kernel) Signal(pid int, sig syscall.Signal, group bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p, ok := k.live[pid]; !ok || p == hidden {
		return syscall.ESRCH
	}
	if group {
		pid = -pid
	}
	return syscall.Kill(pid, sig)
}

func (k *kernel) Close() error {
	k.close.Do(func() { close(k.closing) })
	<-k.ended
	return nil
}

// post leaves a message for the loop. It does not block.
func (k *kernel) post(m message) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		m.drop()
		return
	}
	k.mail = append(k.mail, m)
	if len(k.mail) == 1 {
		k.wake <- struct{}{} // the loop empties wake before it takes the mail
	}
}

// take gives the loop its mail.
func (k *kernel) take() []message {
	k.mu.Lock()
	defer k.mu.Unlock()
	mail := k.mail
	k.mail = nil
	return mail
}

// own files a child.
func (k *kernel) own(pid int, p place) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.live[pid] = p
}

// received notes that the Started of a child was.
func (k *kernel) received(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.live[pid]; ok {
		k.live[pid] = known
	}
}
