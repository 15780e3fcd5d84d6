package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"reeve/config"
	"reeve/rpc/api"
	"reeve/rpc/httpd"
	"reeve/supervisor"
	"reeve/supervisor/logfile"
)

// goOn is run for a program that was executed by another one of ours in the same process,
// which has left everything to it. If it can't go on, the one before it does.
func goOn(argv []string, st *stage, signals *signals) (status int) {
	supervisor.SignalsWereHeld()
	var err error
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		if err != nil {
			// It fails only if nothing of ours can be executed any more.
			status = usage(argv[0], fallBack(st, argv, err))
		}
	}()
	h, err := readHandover(st.Handover)
	if err != nil {
		return 0
	}
	opt, err := parseOptions(argv[1:])
	if err != nil {
		return 0
	}
	loader := config.NewLoader(h.Path)
	loader.Environ, loader.Overrides = st.environ, opt.overrides
	supervisor.PrepareThreads()
	d := &daemon{argv: argv, stage: st, loader: loader, signals: signals, path: h.Program}
	l := &life{daemon: d, config: h.Session.Config, taken: h}
	l.failed = st.Failed
	return d.report(d.sessions(l))
}

// takeOver goes on from what the program before has left.
func (l *life) takeOver() (*supervisor.Supervisor, error) {
	h := l.taken
	if l.cameBack {
		if err := l.settleIn(); err != nil {
			return nil, err
		}
	} else {
		supervisor.LimitChildren(h.Limit)
		logfile.Take(h.Logs)
		if err := l.keepOn(h.Keeper); err != nil {
			return nil, err
		}
	}
	if err := l.openLog(); err != nil {
		return nil, err
	}
	l.signals.prepare()
	l.signals.takeOver(h.Signals)
	if l.cameBack && holdsPid(l.config.Supervisord.Pidfile, l.pid()) {
		h.Session.Pidfile = l.config.Supervisord.Pidfile
	}
	if h.Session.Pidfile != "" {
		l.pidfile = pidfile{path: h.Session.Pidfile, pid: l.pid(), written: true}
	}
	var err error
	if l.servers, err = httpd.Take(endpoints(l.config.Servers), l.serverOptions(l.log.Log), h.Servers); err != nil {
		return nil, err
	}
	sup, err := supervisor.Take(l.options(), &h.Supervisor)
	if err != nil {
		return nil, err
	}
	logfile.CloseUnclaimed(l.outage)
	u := &api.Upgrade{From: h.From, To: config.Own, Processes: h.Supervisor.Processes(), Pause: h.pause().Seconds()}
	l.say(u)
	l.serve(sup, u)
	l.forget()
	l.serves()
	return sup, nil
}

// keepOn takes the connection to the keeper that the program before had.
func (l *life) keepOn(fd int) error {
	l.stage.Keeper = max(fd, 0)
	_, err := l.connect(true)
	return err
}

// forget closes what the handover was passed in, and drops what was taken.
func (l *life) forget() {
	st := l.stage
	for _, fd := range []*int{&st.Handover, &st.Before} {
		if *fd != 0 {
			_ = os.NewFile(uintptr(*fd), "handover").Close()
			*fd = 0
		}
	}
	st.Failed, l.failed, l.taken = "", "", nil
}
