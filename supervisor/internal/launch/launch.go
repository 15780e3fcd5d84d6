// Package launch has everything that a start needs and that is released after it: the
// specification for the kernel, the environment, the search path, open log files,
// sockets.
//
// A Launcher belongs to one goroutine. What it prepares runs elsewhere: the functions in
// a Spec are called by package spawn, on a goroutine of its own, perhaps only after the
// start was given up; what they open then is closed at once.
package launch

import (
	"reeve/config"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/logfile"
	"reeve/supervisor/process"
)

// Options are what a Launcher needs.
type Options struct {
	// Environ is the environment that children inherit, without the SUPERVISOR_ variables
	// (fact 162: environment of a child).
	Environ []string
	// OpenSocket opens a socket. It may block.
	OpenSocket func(spawn.SocketSpec) (*spawn.Socket, error)
	// Opened is called with each socket that is opened, Closed when it is closed. They
	// must not block. nil: nobody else has the sockets.
	Opened func(key string, s *spawn.Socket)
	Closed func(key string)
	// Log takes a line for the main log.
	Log func(level process.Level, text string)
	// Outage is called when a log can't be written, and when it can be again. It is
	// called from other goroutines.
	Outage func(logfile.Outage)
}

// Launcher prepares starts.
type Launcher struct {
	opt     Options
	environ environment
	starts  map[uint64]*start
	sockets map[string]*sharedSocket // by key
}

// start is what belongs to a row.
type start struct {
	logs    openLogs
	sockets held
}

// New returns a Launcher that has prepared nothing.
func New(opt Options) *Launcher {
	return &Launcher{
		opt:     opt,
		environ: newEnvironment(opt.Environ),
		starts:  map[uint64]*start{},
		sockets: map[string]*sharedSocket{},
	}
}

// Order says what to start.
type Order struct {
	Row       uint64 // number of the start; what belongs to it is filed under it
	Process   *config.Process
	Group     string
	ServerURL string // for SUPERVISOR_SERVER_URL, unless the process has its own
	Logs      Logs
	Environ   []string // variables for this start; what is configured wins
	Probe     bool     // it is a command of a check, which gets no sockets
}

// Prepare returns what the kernel needs for a start. Whatever the outcome, Release must
// be called for the row. The error is that of a command that can't be split.
func (l *Launcher) Prepare(o Order) (*spawn.Spec, error) {
	p := o.Process
	s := &start{}
	l.starts[o.Row] = s
	var alone []bool
	if !o.Probe {
		s.sockets, alone = l.employ(p)
	}
	argv, err := config.SplitCommand(p.Command)
	if err != nil {
		return nil, err
	}
	spec := &spawn.Spec{
		ID:          o.Row,
		Name:        p.Name,
		Argv:        argv,
		Path:        l.SearchPath(p),
		Env:         l.environment(o),
		Dir:         p.Directory,
		Umask:       -1,
		MergeStderr: p.RedirectStderr,
	}
	zero := p.FastCGI != nil || p.Listen.FCGI
	spec.Before = s.sockets.give(alone, zero, spec, func() error { return s.logs.open(p, o.Logs, l.opt.Outage) })
	if p.Umask != nil {
		spec.Umask = *p.Umask
	}
	if p.User != nil {
		spec.User = &spawn.User{UID: p.User.UID}
	}
	return spec, nil
}

// Log passes on the log of one channel, 0 for stdout and 1 for stderr; nil: there is
// none. From then on the caller must close it.
func (l *Launcher) Log(row uint64, channel int) *logfile.Queue {
	return l.starts[row].logs.take(channel)
}

// Release gives up what is left of a start whose child is gone, or that had no child.
func (l *Launcher) Release(row uint64) {
	s := l.starts[row]
	if s == nil {
		return // after a panic: it was released
	}
	delete(l.starts, row)
	s.logs.close()
	l.dismiss(s.sockets)
}
