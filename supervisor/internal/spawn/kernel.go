package spawn

import (
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
)

// kernel is the handle and what its workers share. The rest belongs to one goroutine, the loop.
type kernel struct {
	opt        Options
	choose     func(special bool, o outcome) (shim bool)
	unshare    func() (mask int, private bool) // for each thread that forks
	preflights *preflights
	slots      *slots
	groups     groups

	started  chan Started
	exited   chan Exit
	wake     chan struct{} // something came in
	look     chan struct{} // somebody seems to have ended
	prepared chan *start
	forked   chan *start
	jobs     chan *start // for the preparing workers
	workers  atomic.Int32
	slow     atomic.Int32 // workers that seem to hang
	closing  chan struct{}
	ended    chan struct{}
	close    sync.Once

	mu       sync.Mutex
	closed   bool // the loop takes nothing more
	incoming []*start
	suspects []int        // pids that Reap was asked for in vain
	live     map[int]bool // children that were not reaped yet, and whether their Started was received
}

// New starts a Kernel. It lets the process ignore SIGPIPE and SIGXFSZ, which children inherit (checklist 123). No thread or
// process is started before the first Start, so that a caller may daemonize, chdir and set its umask in between.
func New(opt Options) (Kernel, error) { return newKernel(opt, choose), nil }

func newKernel(opt Options, choose func(bool, outcome) bool) *kernel {
	if opt.GroupsOf == nil {
		opt.GroupsOf = systemGroups
	}
	k := &kernel{
		opt:        opt,
		choose:     choose,
		unshare:    privateUmask,
		preflights: newPreflights(),
		slots:      openSlots(),
		groups:     groups{ask: opt.GroupsOf},
		started:    make(chan Started),
		exited:     make(chan Exit),
		wake:       make(chan struct{}, 1),
		look:       make(chan struct{}, 1),
		prepared:   make(chan *start, 2*maxWindow),
		forked:     make(chan *start, maxWindow),
		jobs:       make(chan *start, maxWindow),
		closing:    make(chan struct{}),
		ended:      make(chan struct{}),
		live:       map[int]bool{},
	}
	for _, pid := range opt.Children {
		k.live[pid] = true
	}
	ignoreSignals()
	l := newLoop(k)
	l.reaper.inherited = childrenNow()
	signal.Notify(l.sigchld, syscall.SIGCHLD)
	go l.run()
	return k
}

func (k *kernel) Started() <-chan Started { return k.started }
func (k *kernel) Exited() <-chan Exit     { return k.exited }

func (k *kernel) Reap(pid int) (e Exit, ended bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	received, ok := k.live[pid]
	if !ok {
		return Exit{}, false
	}
	if received { // else the pid may have been given out again, and the caller mean the process before
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

func (k *kernel) Start(spec *Spec) {
	s := newStart(spec)
	k.mu.Lock()
	k.incoming = append(k.incoming, s)
	alone := len(k.incoming) == 1
	k.mu.Unlock()
	if alone {
		k.wake <- struct{}{} // never blocks: the loop empties wake before it takes what came in
	}
}

// Signal holds the lock that reaping holds, so that the pid can't be given out again in between.
func (k *kernel) Signal(pid int, sig syscall.Signal, group bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.live[pid]; !ok {
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

// hand gives a start back to the loop. The channels have room for all that can be under way.
func (k *kernel) hand(to chan *start, s *start) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		s.abandon()
		return
	}
	to <- s
}

// abandon closes what belongs to a start that nobody waits for any more. A child that came of it lives on.
func (s *start) abandon() { s.closeAll() }

// take gives the loop what came in.
func (k *kernel) take() []*start {
	k.mu.Lock()
	defer k.mu.Unlock()
	in := k.incoming
	k.incoming = nil
	return in
}

// own files a child.
func (k *kernel) own(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.live[pid] = false
}

// received notes that the Started of a child was.
func (k *kernel) received(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.live[pid]; ok {
		k.live[pid] = true
	}
}

// worker prepares starts. An extra one ends when there is nothing to do.
func (k *kernel) worker(extra bool) {
	defer k.workers.Add(-1)
	for {
		var s *start
		if extra {
			select {
			case s = <-k.jobs:
			default:
				return
			}
		} else {
			select {
			case s = <-k.jobs:
			case <-k.closing:
				return
			}
		}
		mine := k.prepare(s)
		if !s.pace.CompareAndSwap(onTime, finished) {
			k.slow.Add(-1)
		}
		if mine {
			k.hand(k.prepared, s)
		}
	}
}

// needWorker starts a worker if those there are can't be expected to take a job soon: two more for each that hangs.
func (k *kernel) needWorker() bool {
	n := k.workers.Load()
	if n > 0 && n > min(2*k.slow.Load(), maxWorkers) {
		return false
	}
	k.workers.Add(1)
	go k.worker(n > 0)
	return true
}
