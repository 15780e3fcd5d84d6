package spawn

import (
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"reeve/supervisor/rescue"
)

// kernel implements Kernel. Everything else belongs to one goroutine, the loop.
type kernel struct {
	opt    Options
	limit  time.Duration // how long a fork may take
	shims  bool          // all starts go through the shim
	direct atomic.Bool   // no starter is possible: this process forks
	groups groups
	// makes a starter
	newStarter func(*kernel) (*starter, error)

	started chan Started
	stuck   chan Stuck
	exited  chan Exit
	wake    chan struct{} // mail is not empty
	look    chan struct{} // a child seems to have ended
	closing chan struct{}
	ended   chan struct{}
	close   sync.Once

	mu       sync.Mutex
	closed   bool // the loop accepts no more messages
	mail     []message
	suspects []int         // pids for which Reap was called too early
	live     map[int]place // children that are not reaped yet
	execing  map[int]bool  // those of them whose exec has hung
	left     []HandedExit  // at the end: not delivered
}

// place is how far a child is known outside.
type place int

const (
	young  place = iota // its Started was not received
	known               // its Started was received
	hidden              // never reported: a starter, or a discarded child
	kept                // of an earlier daemon that has died: Options.Keeper reports its end
)

// message is what the loop receives: asked, revoked, *start (prepared), made, forkedHere,
// answer, silence.
type message interface {
	tell(l *loop)
	drop() // called instead of tell after Close
}

// New starts a Kernel. It makes the process ignore SIGPIPE and SIGXFSZ, which children
// inherit (fact 123: PIPE and XFSZ are ignored in children too). No thread or process is
// started before the first Start, so that a caller may daemonize, chdir and set its umask
// in between.
func New(opt Options) (Kernel, error) { return newKernel(opt), nil }

func newKernel(opt Options) *kernel {
	if opt.GroupsOf == nil {
		opt.GroupsOf = systemGroups
	}
	k := &kernel{
		opt:    opt,
		limit:  forkLimit,
		groups: groups{ask: opt.GroupsOf},

		newStarter: newStarter,

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
	ignoreSignals()
	l := newLoop(k)
	l.take(opt.Handed)
	l.reaper.inherited = childrenNow()
	signal.Notify(l.sigchld, syscall.SIGCHLD)
	go rescue.Vital("starts and reaps", l.run)
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
	// If its Started was not received, the pid may have been reused, and the caller may
	// mean the earlier process.
	if p == known {
		if e, ended = k.collect(pid); ended {
			return e, true
		}
	}
	k.suspects = append(k.suspects, pid)
	select {
	case k.look <- struct{}{}:
	default: // the receiver of the pending one finds this pid too
	}
	return Exit{}, false
}

// Signal holds the lock that reaping holds, so the pid can't be reused in between.
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

// take returns the messages for the loop.
func (k *kernel) take() []message {
	k.mu.Lock()
	defer k.mu.Unlock()
	mail := k.mail
	k.mail = nil
	return mail
}

// own records a child.
func (k *kernel) own(pid int, p place) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.live[pid] = p
}

// received records that the Started of a child was received.
func (k *kernel) received(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.live[pid]; ok {
		k.live[pid] = known
	}
}
