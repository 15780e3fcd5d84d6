package supervisor

import (
	"cmp"
	"slices"
	"time"

	"reeve/config"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/notify"
	"reeve/supervisor/internal/probe"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/internal/statefile"
	"reeve/supervisor/internal/watch"
	"reeve/supervisor/logfile"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// New makes the groups of the configuration active and prepares the loop; nothing is
// started before Run. It creates the log files named AUTO (fact 107: order of the start).
func New(opt Options) (*Supervisor, error) {
	trail := newTrail(&opt)
	kernel, err := spawn.New(trail.kernel(spawn.Handed{}))
	if err != nil {
		return nil, err
	}
	table, err := capture.New()
	if err != nil {
		kernel.Close()
		return nil, err
	}
	s, err := newSupervisor(opt, realDevices(kernel, table, trail, opt))
	if err != nil {
		kernel.Close()
		table.Close()
	}
	return s, err
}

func realDevices(kernel spawn.Kernel, table *capture.Table, trail *trail, opt Options) devices {
	return devices{
		kernel: kernel, table: table, openSocket: spawn.OpenSocket, mono: spawn.Monotonic,
		trail:  trail,
		kept:   statefile.New(opt.Config.Supervisord.StatePath(), opt.Log.Log),
		prober: probe.New(probe.Options{Signal: kernel.Signal}),
		listen: func() (notifier, error) { return notify.New(notify.Options{Log: opt.Log.Log}) },
		watch:  func() (watcher, error) { return watch.New() },
	}
}

// devices are what a Supervisor carries everything out with.
type devices struct {
	kernel     spawn.Kernel
	table      table
	openSocket func(spawn.SocketSpec) (*spawn.Socket, error)
	watch      func() (watcher, error)
	prober     prober
	listen     func() (notifier, error)
	mono       func() time.Duration
	trail      *trail
	kept       stateFile
}

func newSupervisor(opt Options, d devices) (*Supervisor, error) {
	s := &Supervisor{
		requests: make(chan posted), falls: make(chan *rescue.Panic, 1), ended: make(chan struct{}), opt: opt,
	}
	l := newLoop(s, portsOf(&s.opt, d))
	s.loop, l.trail = l, d.trail
	d.trail.markIn(d.table)
	l.events.bus.Serial = opt.Serial
	l.setState(Running)
	opt.Config = l.desires.read(&s.opt)
	s.opt.Config = opt.Config
	forgetOrigins(opt.Config)
	l.useConfig(opt.Config)
	l.ordering.machine.MaxStarting = opt.Config.Supervisord.MaxStarting
	l.launcher.Take(opt.Sockets.all, true)
	for _, g := range opt.Config.Groups {
		if l.groups.byName[g.Name] != nil {
			// Of two groups with one name only the first becomes active (fact 96).
			continue
		}
		logs, err := launch.ResolveLogs(opt.Config.Supervisord.ChildLogDir, s.Identifier(), g.Processes)
		if err != nil {
			return nil, err
		}
		trial := l.launcher.HoldUnheld(g.Processes)
		if err = trial.OpenAll(opt.Log.Log); err == nil {
			err = l.add(g, logs)
		}
		l.launcher.LetGo(trial)
		if err != nil {
			return nil, err
		}
	}
	l.launcher.Taken()
	slices.SortStableFunc(l.marked, func(a, b *child) int { return a.group.config.Priority - b.group.config.Priority })
	return s, nil
}

// portsOf makes what a loop uses of devices.
func portsOf(opt *Options, d devices) ports {
	launcher := launch.New(launch.Options{
		Environ: notify.Inherited(opt.Environ), OpenSocket: d.openSocket, Log: opt.Log.Log, Outage: logOutage(opt.Log),
		Opened: d.trail.socketOpened(), Closed: d.trail.socketClosed(),
	})
	return ports{
		mono: d.mono, kept: d.kept,
		sockets: &sockets{open: d.watch},
		kernel:  d.kernel, table: d.table, launcher: launcher, replies: map[uint64]reply[[]Result]{}, callers: &callers{},
		checks: &checks{prober: d.prober, listen: d.listen, commands: map[uint64]check.ID{}, kernel: d.kernel, launcher: launcher, trail: d.trail},
	}
}

// newLoop returns a loop without groups.
func newLoop(s *Supervisor, p ports) *loop {
	callers := cmp.Or(p.callers, &callers{})
	l := &loop{
		ports:   p,
		handle:  s,
		opt:     &s.opt,
		groups:  groups{byName: map[string]*group{}},
		streams: streams{table: p.table, launcher: p.launcher, opt: &s.opt, trail: p.checks.trail},
		jobs:    jobs{open: map[uint64]*job{}, replies: p.replies, unclaimed: map[uint64]unclaimed{}},
		readers: &s.readers,

		ordering: ordering{children: map[order.ID]*child{}, waiting: map[*child]struct{}{}, readers: &s.readers},
		plans:    plans{tasks: map[order.ID]task{}},
		left:     make(chan struct{}),
		updates:  updates{callers: callers},
		rolls:    rolls{callers: callers},
		byPid:    map[int]*child{},
		byRow:    map[uint64]*child{},
		watches:  map[uint64]*child{},
		talks:    canTalk(),
	}
	l.desires.file, l.desires.scales = p.kept, &s.scales
	l.events = events{opt: &s.opt, groups: &l.groups, streams: &l.streams}
	l.events.bus.Debug = s.opt.Log.DebugEnabled()
	l.busDue.What, l.reportDue.What = wake{}, wake{}
	return l
}

// useConfig puts the daemon's own values of cfg in force.
func (l *loop) useConfig(cfg *config.Config) {
	l.groups.use(cfg)
	l.streams.use(cfg)
	l.handle.ident.Store(&cfg.Supervisord.Identifier)
}

// close ends what the loop used. By now the children are gone, or are no longer ours to
// watch.
func (l *loop) close() {
	l.checks.close() // it kills commands that run, for which it needs the kernel
	l.sockets.close()
	l.launcher.Close()
	l.kernel.Close()
	l.table.Close()
	l.trail.close()
}

// logOutage returns a function that logs a write failure of a log, when it starts and when
// it ends.
func logOutage(log MainLog) func(logfile.Outage) {
	return func(o logfile.Outage) {
		level := process.Error
		if o.Err == nil {
			level = process.Info
		}
		log.Log(level, o.String())
	}
}
