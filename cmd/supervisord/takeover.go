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
	"reeve/supervisor/process"
)

// goOn is run for a program that was executed by another one of ours in the same process,
// which has left everything to it. If it can't go on, the one before it does.
func goOn(argv []string, st *stage, signals *signals) (status int) {
	supervisor.SignalsWereHeld()
	signals.takeOver(st.Signals)
	debug.SetGCPercent(takeOverGrowth)
	var err error
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		if err != nil {
			// It fails only if nothing of ours can be executed any more.
			status = usage(argv[0], fallBack(st, argv, signals, err))
		}
	}()
	h, err := readHandover(st.Handover)
	if err != nil {
		return 0
	}
	supervisor.PrepareThreads()
	d := &daemon{argv: argv, stage: st, loader: config.TakeLoader(h.Loader, st.environ), signals: signals, path: h.Program}
	if st.Failed != "" {
		d.path = h.Before
	}
	l := &life{daemon: d, config: h.Session.Config, taken: h}
	l.failed = st.Failed
	status, ended := d.sessions(l)
	if ended != nil && l.taken != nil {
		err = ended // it has not begun
		return 0
	}
	return d.report(status, ended)
}

// takeOver goes on from what the program before has left. If it can't, that one does: what
// can fail comes first, while nothing is used up.
func (l *life) takeOver() (*supervisor.Supervisor, error) {
	h := l.taken
	l.last = h.Last
	l.falls.take(h.Falls)
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
	sup, err := supervisor.Take(l.options(), &h.Supervisor)
	if err != nil {
		return nil, err
	}
	if l.servers, err = httpd.Take(endpoints(l.config.Servers), l.serverOptions(l.log.Log), h.Servers); l.servers == nil {
		return nil, err
	}
	if err != nil { // clients have to connect again
		l.log.Log(process.Critical, err.Error())
	}
	if l.cameBack && holdsPid(l.config.Supervisord.Pidfile, l.pid()) {
		h.Session.Pidfile = l.config.Supervisord.Pidfile
	}
	if h.Session.Pidfile != "" {
		l.pidfile = pidfile{path: h.Session.Pidfile, pid: l.pid(), written: true}
	}
	logfile.CloseUnclaimed(l.outage)
	u := &api.Upgrade{From: h.From, To: config.Own, Processes: h.Supervisor.Processes(), Pause: h.pause().Seconds()}
	if l.say(u); h.Fall != "" {
		u = nil
	}
	l.serve(sup, u)
	l.forget()
	debug.SetGCPercent(busyGrowth)
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
