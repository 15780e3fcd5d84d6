package main

import (
	"os"
	"os/signal"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"reeve/config"
	"reeve/supervisor"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// The signals that the daemon handles (facts 118-123). They belong to the process, not to
// one of its sessions: a restart is a new session in the same process, and a signal
// arriving between two sessions would otherwise kill the daemon by its default action and
// leave its programs running.
var (
	restartSignals = []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2}
	exitSignals    = []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT}
)

// signals catches them from start to end. A signal that arrives while no session runs is
// kept for the next one, or ends the daemon if that is its meaning. Signals of one kind
// that arrive before the first is handled count once (fact 122).
type signals struct {
	received map[syscall.Signal]reception
	exit     func(status int)

	mu   sync.Mutex
	to   *receiver        // the running session; nil: none
	kept []syscall.Signal // for the next session, or the end
	idle bool             // nothing is open, so an exit needs no cleanup
}

// reception is how signals of a kind arrive.
type reception struct {
	c      chan os.Signal
	taking *atomic.Bool  // one that came by c is being taken
	ended  chan struct{} // closed when all that came by c was taken, after c was closed
}

// catchSignals starts with the signals whose default action would be wrong from the
// start. The others may still end the process until prepare, for example while reading
// the configuration hangs.
func catchSignals() *signals {
	s := &signals{received: map[syscall.Signal]reception{}, exit: os.Exit}
	s.catch(restartSignals)
	return s
}

// catch gives each signal its own goroutine, so that a SIGTERM does not wait for a SIGHUP
// that is reading a file on a hung disk.
func (s *signals) catch(sigs []syscall.Signal) {
	for _, sig := range sigs {
		r, ok := s.received[sig]
		if !ok {
			r = reception{make(chan os.Signal, 1), new(atomic.Bool), make(chan struct{})}
			s.received[sig] = r
			go rescue.Keep("handling signals", func() {
				for range r.c {
					r.taking.Store(true)
					s.take(sig)
					r.taking.Store(false)
				}
				close(r.ended)
			})
		}
		signal.Notify(r.c, sig)
	}
}

// release restores the default actions, in a process that only waits for the daemon.
func (s *signals) release() { signal.Reset(syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2) }

// across executes the program again by exec. SIGHUP and its like are ignored until the
// next execution catches signals; it reads the configuration and opens the logs in any
// case. across returns only on failure.
func (s *signals) across(exec func() error) error {
	signal.Ignore(syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2)
	defer s.catch(restartSignals)
	return exec()
}

// acrossLife is across for a daemon with programs; exec is passed the signals that were
// received and not handled. From then on SIGUSR1 and SIGUSR2 wait (supervisor.HoldSignals).
// The others can't: Go's runtime unblocks them when it starts, before anybody can ask for
// them. They are ignored until then, so that they do not end the daemon.
func (s *signals) acrossLife(exec func([]syscall.Signal) error) error {
	defer supervisor.HoldSignals()()
	all := slices.Concat(restartSignals, exitSignals)
	// Other threads may take a signal until the end; one that nobody receives is deadly.
	last := make(chan os.Signal, len(all))
	for _, sig := range all {
		signal.Notify(last, sig)
	}
	defer func() { signal.Stop(last); s.keep(last) }()
	defer s.catch(all)
	s.settle()
	signal.Ignore(syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	s.keep(last)
	return exec(s.handOver())
}

// keep keeps the signals that c has.
func (s *signals) keep(c chan os.Signal) {
	for {
		select {
		case sig := <-c:
			s.takeOver([]syscall.Signal{sig.(syscall.Signal)})
		default:
			return
		}
	}
}

// settleFor is how long settle waits for what a signal asks for.
const settleFor = 50 * time.Millisecond

// settle ends the reception of signals, with all that have arrived kept.
func (s *signals) settle() {
	late := time.After(settleFor)
	for sig, r := range s.received {
		signal.Stop(r.c) // waits until what arrived is in r.c
		close(r.c)
		select {
		case <-r.ended:
		case <-late:
			late = time.After(0)
			if r.taking.Load() || len(r.c) > 0 { // SIGHUP reads a file: it is received again
				s.takeOver([]syscall.Signal{sig})
			}
		}
	}
	clear(s.received)
}

// handOver returns the signals that were kept, for the program that follows.
func (s *signals) handOver() []syscall.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.kept)
}

// takeOver keeps what a predecessor kept.
func (s *signals) takeOver(kept []syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sig := range kept {
		if !slices.Contains(s.kept, sig) {
			s.kept = append(s.kept, sig)
		}
	}
}

// prepare is called before a session opens anything that needs cleanup. From then on no
// signal ends the process by its default action.
func (s *signals) prepare() {
	s.mu.Lock()
	s.idle = false
	s.mu.Unlock()
	s.catch(exitSignals)
}

// take passes a signal to the running session, or keeps it.
func (s *signals) take(sig syscall.Signal) {
	var ended *receiver
	for {
		s.mu.Lock()
		to := s.to
		if to == nil || to == ended {
			exit := s.idle && exits(sig)
			if !slices.Contains(s.kept, sig) {
				s.kept = append(s.kept, sig)
			}
			s.mu.Unlock()
			if exit {
				s.exit(exitOK)
			}
			return
		}
		s.mu.Unlock()
		if to.hand(sig) {
			return
		}
		ended = to
	}
}

// attach passes signals to a session from now on. It returns those kept so far, to be
// handled before anything is started, except SIGHUP, which is delivered again as if it
// arrived now, because the configuration has to be checked first. An upgrade that was
// asked for before there was anything to keep is not done.
func (s *signals) attach(to *receiver) (early []syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = to
	for _, sig := range s.kept {
		switch sig {
		case syscall.SIGUSR1:
			continue
		case syscall.SIGHUP:
		default:
			early = append(early, sig)
			continue
		}
		select {
		case s.received[sig].c <- sig:
		default: // there is one already
		}
	}
	s.kept = nil
	return early
}

// detach undoes attach.
func (s *signals) detach() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = nil
}

func exits(sig syscall.Signal) bool { return slices.Contains(exitSignals, sig) }

// exitsKept returns the kept signals that end the daemon.
func (s *signals) exitsKept() []syscall.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.kept), func(sig syscall.Signal) bool { return !exits(sig) })
}

// between is called after a session has ended and closed everything, and reports whether
// another one follows. That one has yet to read the configuration, so a SIGHUP received
// before now is dropped.
func (s *signals) between() (again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.kept, exits) {
		return false
	}
	s.idle = true
	s.kept = slices.DeleteFunc(s.kept, func(sig syscall.Signal) bool { return sig == syscall.SIGHUP })
	return true
}

// supervised is what a receiver needs of a *supervisor.Supervisor.
type supervised interface {
	State() supervisor.State
	Signal(sig syscall.Signal) bool
}

// receiver is a session that takes signals. A SIGHUP with a broken configuration is
// refused before anything stops; upstream would stop everything and then fail (fact 99).
type receiver struct {
	sup     supervised
	reread  func() error // reads the configuration and returns what is wrong with it
	upgrade func()       // to the program that is installed now
	log     func(process.Level, string)
}

// hand reports whether the session took sig; if not, it has ended.
func (r *receiver) hand(sig syscall.Signal) bool {
	if sig == syscall.SIGHUP && r.sup.State() == supervisor.Running {
		if err := r.reread(); err != nil {
			r.log(process.Warn, "received SIGHUP indicating restart request")
			r.log(process.Error, "cannot restart, the configuration is broken and nothing was stopped: "+config.LogText(err))
			return true
		}
	}
	if sig == syscall.SIGUSR1 {
		if r.sup.State() == supervisor.Running {
			r.upgrade()
		}
		return true
	}
	return r.sup.Signal(sig)
}
