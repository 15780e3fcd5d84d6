package main

import (
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"reeve/config"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// The signals that mean something to the daemon (facts 118-123). They belong to the
// process and not to one of its sessions: a restart is a new session in the same process,
// and a signal that comes between two of them would kill the daemon by its default
// action, and leave its programs alone.
var (
	restartSignals = []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR2}
	exitSignals    = []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT}
)

// signals catches them from the first moment to the last. What comes while no session
// runs is kept for the next one, or ends the daemon if it asks for that. Two of one kind
// that come before the first is taken are one (fact 122).
type signals struct {
	received map[syscall.Signal]chan os.Signal
	exit     func(status int)

	mu   sync.Mutex
	to   *receiver        // the session that runs; nil: none
	kept []syscall.Signal // for the next one, or the end
	idle bool             // nothing is open: there is nothing to tidy up at an exit
}

// catchSignals begins with those whose default action would be wrong from the start. The
// others may still end the process, for example while the configuration hangs, until
// prepare.
func catchSignals() *signals {
	s := &signals{received: map[syscall.Signal]chan os.Signal{}, exit: os.Exit}
	s.catch(restartSignals)
	return s
}

// catch gives each signal a goroutine of its own: a SIGTERM does not wait for a SIGHUP
// that reads hung files.
func (s *signals) catch(sigs []syscall.Signal) {
	for _, sig := range sigs {
		if s.received[sig] == nil {
			c := make(chan os.Signal, 1)
			s.received[sig] = c
			go func() {
				for range c {
					s.take(sig)
				}
			}()
		}
		signal.Notify(s.received[sig], sig)
	}
}

// release gives the signals their default actions back, in a process that only waits for
// the daemon.
func (s *signals) release() { signal.Reset(syscall.SIGHUP, syscall.SIGUSR2) }

// across executes the program again. Until the next execution catches signals, those that
// ask for a restart or for new logs are ignored: it reads the configuration and opens the
// logs anyhow. It returns only on failure.
func (s *signals) across(exec func() error) error {
	signal.Ignore(syscall.SIGHUP, syscall.SIGUSR2)
	defer s.catch(restartSignals)
	return exec()
}

// prepare is called before a session opens what must be tidied up: no signal ends the
// process behind its back any more.
func (s *signals) prepare() {
	s.mu.Lock()
	s.idle = false
	s.mu.Unlock()
	s.catch(exitSignals)
}

// take hands a signal to the session that runs, or keeps it.
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

// attach lets a session have the signals from now on. Those that came before are early,
// to be carried out before anything is started; a SIGHUP among them is handed over as if
// it came now, because the configuration has to be checked first.
func (s *signals) attach(to *receiver) (early []syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = to
	for _, sig := range s.kept {
		if sig != syscall.SIGHUP {
			early = append(early, sig)
			continue
		}
		select {
		case s.received[sig] <- sig:
		default: // there is another one
		}
	}
	s.kept = nil
	return early
}

// detach ends what attach began.
func (s *signals) detach() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = nil
}

func exits(sig syscall.Signal) bool { return slices.Contains(exitSignals, sig) }

// exitsKept returns the signals kept that end the daemon.
func (s *signals) exitsKept() []syscall.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.kept), func(sig syscall.Signal) bool { return !exits(sig) })
}

// between is called when a session is over and all of it closed, and tells whether there
// is to be another one. That one reads the configuration from here on, so a SIGHUP until
// now asks for nothing more.
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
// refused before anything stops: upstream would stop everything and then die of it (fact
// 99).
type receiver struct {
	sup    supervised
	reread func() error // says what is wrong with the configuration now
	log    func(process.Level, string)
}

// hand tells whether the session took sig; if not, it has ended.
func (r *receiver) hand(sig syscall.Signal) bool {
	if sig == syscall.SIGHUP && r.sup.State() == supervisor.Running {
		if err := r.reread(); err != nil {
			r.log(process.Warn, "received SIGHUP indicating restart request")
			r.log(process.Error, "cannot restart, the configuration is broken and nothing was stopped: "+config.LogText(err))
			return true
		}
	}
	return r.sup.Signal(sig)
}
