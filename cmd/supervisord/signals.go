package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"reeve/config"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// handled are the signals that mean something to the daemon (checklist 118-123).
var handled = []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGUSR2}

// signals hands the daemon's signals on. A SIGHUP with a broken configuration is refused before anything stops: upstream would
// stop everything and then die of it (checklist 99, 10C 4).
type signals struct {
	received chan os.Signal
	end      chan struct{}
	running  sync.WaitGroup
}

// supervised is what signals need of a *supervisor.Supervisor.
type supervised interface {
	State() supervisor.State
	Signal(sig syscall.Signal)
}

// notify begins to receive signals. Two of one kind that come before the first is taken are one (checklist 122).
func notify() *signals {
	s := &signals{received: make(chan os.Signal, len(handled)), end: make(chan struct{})}
	signal.Notify(s.received, handled...)
	return s
}

// pass hands signals to sup until stop. reread tells what is wrong with the configuration now.
func (s *signals) pass(sup supervised, reread func() error, log func(process.Level, string)) {
	s.running.Go(func() {
		for {
			select {
			case <-s.end:
				return
			case sig := <-s.received:
				s.one(sig.(syscall.Signal), sup, reread, log)
			}
		}
	})
}

func (s *signals) one(sig syscall.Signal, sup supervised, reread func() error, log func(process.Level, string)) {
	if sig != syscall.SIGHUP || sup.State() != supervisor.Running {
		sup.Signal(sig)
		return
	}
	go func() { // files may hang: neither SIGTERM nor the end of the daemon may wait for them
		if err := reread(); err != nil {
			log(process.Warn, "received SIGHUP indicating restart request")
			log(process.Error, "cannot restart, the configuration is broken and nothing was stopped: "+config.LogText(err))
			return
		}
		sup.Signal(sig)
	}()
}

// stop ends the receiving; what was received is handed on or dropped. The supervisor must have ended, or a signal under way
// would wait for it.
func (s *signals) stop() {
	signal.Stop(s.received)
	close(s.end)
	s.running.Wait()
}
