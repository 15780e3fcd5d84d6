package supervisor

import (
	"errors"
	"os"
	"slices"

	"reeve/config"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/logfile"
	"reeve/supervisor/process"
)

// New makes the groups of the configuration active and prepares the loop; nothing is
// started before Run. It creates the log files named AUTO (fact 107: order of the start).
func New(opt Options) (*Supervisor, error) {
	kernel, err := spawn.New(spawn.Options{})
	if err != nil {
		return nil, err
	}
	table, err := capture.New()
	if err != nil {
		kernel.Close()
		return nil, err
	}
	s, err := newSupervisor(opt, kernel, table, spawn.OpenSocket)
	if err != nil {
		kernel.Close()
		table.Close()
	}
	return s, err
}

func newSupervisor(opt Options, kernel spawn.Kernel, t table, openSocket func(spawn.SocketSpec) (*os.File, error)) (*Supervisor, error) {
	s := &Supervisor{
		requests: make(chan request),
		ended:    make(chan struct{}),
		opt:      opt,
	}
	l := newLoop(s, ports{
		kernel: kernel, table: t, replies: map[uint64]reply[[]Result]{},
		launcher: launch.New(launch.Options{Environ: opt.Environ, OpenSocket: openSocket, Log: opt.Log.Log, Outage: s.outage}),
	})
	s.loop = l
	l.bus.Serial = opt.Serial
	l.setState(Running)
	l.useConfig(opt.Config)
	for _, g := range opt.Config.Groups {
		if l.byName[g.Name] != nil {
			// Of two groups with one name only the first becomes active (fact 96).
			continue
		}
		logs, err := launch.ResolveLogs(opt.Config.Supervisord.ChildLogDir, s.Identifier(), g.Processes)
		if err != nil {
			return nil, err
		}
		trial := l.launcher.HoldUnheld(g.Processes)
		err = trial.Open()
		l.launcher.LetGo(trial)
		if err != nil {
			return nil, err
		}
		l.add(g, logs)
	}
	slices.SortStableFunc(l.dirty, func(a, b *child) int { return a.group.config.Priority - b.group.config.Priority })
	return s, nil
}

// newLoop returns a loop without groups.
func newLoop(s *Supervisor, p ports) *loop {
	l := &loop{
		ports:  p,
		handle: s,
		opt:    &s.opt,
		byName: map[string]*group{},
		byPid:  map[int]*child{},
		byRow:  map[uint64]*child{},
		jobs:   map[uint64]*job{},
		talks:  canTalk(),
	}
	l.bus.Debug = l.debugs()
	return l
}

// useConfig puts the daemon's own values of cfg in force.
func (l *loop) useConfig(cfg *config.Config) {
	l.config, l.parked = cfg, nil
	l.handle.ident.Store(&cfg.Supervisord.Identifier)
	l.table.SetStripANSI(cfg.Supervisord.StripANSI)
}

// close ends what the loop used. By now the children are gone, or are no longer ours to
// watch.
func (l *loop) close() {
	l.kernel.Close()
	l.table.Close()
}

// outage logs a write failure of a log, when it starts and when it ends.
func (s *Supervisor) outage(o logfile.Outage) {
	level := process.Error
	if o.Err == nil {
		level = process.Info
	}
	s.opt.Log.Log(level, o.String())
}

// notReopened logs the error of a reopen, if there is one. It is called from other
// goroutines.
func (s *Supervisor) notReopened(err error) {
	if err != nil && !errors.Is(err, os.ErrClosed) { // the child may be gone by now
		s.opt.Log.Log(process.Error, err.Error())
	}
}
