package rpc

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"reeve/config"
	"reeve/rpc/api"
	"reeve/rpc/carry"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// Supervisor is the part of the supervisor's handle that the methods use.
// *supervisor.Supervisor implements it, tests have a fake.
type Supervisor interface {
	State() supervisor.State
	Identifier() string
	Shutdown(ctx context.Context) error
	Restart(ctx context.Context) error
	Info(ctx context.Context, n supervisor.Name) (*supervisor.Info, error)
	AllInfo(ctx context.Context) ([]*supervisor.Info, error)
	AllConfig(ctx context.Context) ([]supervisor.ConfigInfo, error)
	Groups(ctx context.Context) ([]string, error)
	Reread(ctx context.Context) (supervisor.Changes, error)
	AddGroup(ctx context.Context, name string) error
	RemoveGroup(ctx context.Context, name string) error
	Start(ctx context.Context, n supervisor.Name, wait bool, how ...supervisor.StartOption) error
	StartGroup(ctx context.Context, group string, wait bool, how ...supervisor.StartOption) ([]supervisor.Result, error)
	StartAll(ctx context.Context, wait bool, how ...supervisor.StartOption) ([]supervisor.Result, error)
	Stop(ctx context.Context, n supervisor.Name, wait bool) error
	StopGroup(ctx context.Context, group string, wait bool) ([]supervisor.Result, error)
	StopAll(ctx context.Context, wait bool) ([]supervisor.Result, error)
	SignalProcess(ctx context.Context, n supervisor.Name, sig syscall.Signal) error
	SignalGroup(ctx context.Context, group string, sig syscall.Signal) ([]supervisor.Result, error)
	SignalAll(ctx context.Context, sig syscall.Signal) ([]supervisor.Result, error)
	SendStdin(ctx context.Context, n supervisor.Name, data []byte) error
	SendRemoteComm(ctx context.Context, kind, data string) error
	SyncLog(ctx context.Context, n supervisor.Name)
	ClearLogs(ctx context.Context, n supervisor.Name) error
	AddProgram(ctx context.Context, group, name string, settings []config.Setting) error
	RemoveProcess(ctx context.Context, n supervisor.Name) error
	Order(ctx context.Context) (supervisor.Order, error)
}

// MainLog is the part of the daemon's own log that the methods use.
type MainLog interface {
	// Path returns the file's name; it is empty if the log does not go to a file.
	Path() string
	// Clear empties the file, and logs that to the other destinations of the log.
	Clear(ctx context.Context) error
}

// Options are what a Server needs.
type Options struct {
	Supervisor Supervisor
	// Updater may be nil: then nothing is updated by process.
	Updater Updater
	Desired Desired
	Roller  Roller
	// MainLog may be nil: there is no log file.
	MainLog MainLog
	// Main adds the namespace supervisor.*; it is false without [rpcinterface:supervisor]
	// (fact 92).
	Main bool
	// Methods are further rows, as Namespaces makes them.
	Methods []Method
	// Log receives a line for the main log; the transport writes the lines per call. It
	// may be nil.
	Log func(level process.Level, text string)
	// Pid is the process that clients know as the daemon; 0: this one.
	Pid int
	// Upgrade replaces the daemon's program by the one at path, or by the one installed
	// now. nil: that can't be. If its error is supervisor.ErrHandedOver the successor's
	// Upgraded will say how it went; any other says why nothing was changed.
	Upgrade func(ctx context.Context, path string) error
	// Upgraded is how the upgrade went that made this program follow another one, for the
	// call that asked for it; Refused: why another program has not followed this one.
	Upgraded *api.Upgrade
	Refused  string
	// Handed is what the Server before this one handed over.
	Handed Handed
	// Now is the clock of process infos; nil means time.Now.
	Now func() time.Time
}

// Server carries out calls. It is safe for concurrent use.
type Server struct {
	sup     Supervisor
	updater Updater
	desired Desired
	roller  Roller
	mainLog MainLog
	log     func(level process.Level, text string)
	now     func() time.Time
	pid     int
	version string
	methods map[string]*Method
	names   []string // sorted
	recent  recent

	upgradeTo func(ctx context.Context, path string) error
	upgraded  *api.Upgrade
	refused   string
}

// New makes a Server. It panics if two rows have the same name: the tables are reeve's
// own.
func New(opt Options) *Server {
	s := &Server{
		sup:     opt.Supervisor,
		updater: opt.Updater,
		desired: opt.Desired,
		roller:  opt.Roller,
		mainLog: opt.MainLog,
		log:     opt.Log,
		now:     opt.Now,
		pid:     cmp.Or(opt.Pid, os.Getpid()),
		version: config.Version,
		methods: map[string]*Method{},

		upgradeTo: opt.Upgrade, upgraded: opt.Upgraded, refused: opt.Refused,
	}
	if s.log == nil {
		s.log = func(process.Level, string) {}
	}
	if s.now == nil {
		s.now = time.Now
	}
	tables := [][]Method{systemMethods, opt.Methods}
	if opt.Main {
		tables = append(tables, supervisorMethods, reeveMethods)
	}
	for _, table := range tables {
		for i := range table {
			m := &table[i]
			if _, twice := s.methods[m.Name]; twice {
				panic("rpc: two methods are named " + m.Name)
			}
			s.methods[m.Name] = m
			s.names = append(s.names, m.Name)
		}
	}
	slices.Sort(s.names)
	s.take(opt.Handed)
	return s
}

// Do carries out one method, for callers in this process. args are values as package
// xmlrpc decodes them: int64, bool, string, float64, []any, xmlrpc.Struct,
// xmlrpc.DateTime or nil. The result is one that xmlrpc.Encoder.Value writes. A non-nil
// error is always a *xmlrpc.Fault.
func (s *Server) Do(ctx context.Context, method string, args ...any) (any, error) {
	key := ownCarry
	if carry.Of(ctx) != nil {
		key = fmt.Sprint(method, args)
		if value, err, done := finished(ctx, key); done {
			return value, err
		}
	}
	value, f := s.call(ctx, key, method, args)
	if f != nil {
		return nil, f
	}
	return plain(value), nil
}

// call carries out one call. key is by what the call is known among those of its request,
// if that is handed over.
func (s *Server) call(ctx context.Context, key, method string, args Args) (any, *xmlrpc.Fault) {
	m, known := s.methods[method]
	if !known {
		return nil, fault(api.UnknownMethod)
	}
	if most := len(m.Params); len(args) > most || len(args) < most-m.Optional {
		return nil, fault(api.IncorrectParameters)
	}
	t := begin(ctx, key, m)
	if t.carry.Handed() { // the successor does it
		return nil, handedOver
	}
	if !m.AnyState && !t.again && s.sup.State() != supervisor.Running {
		return nil, fault(api.ShutdownState)
	}
	value, err := m.Handle(s, t.ctx, args)
	var f *xmlrpc.Fault
	if err != nil {
		value, f = nil, faultOf(err, "")
	}
	t.end(value, f)
	return value, f
}

// Prompt reports whether a method waits for nothing but the supervisor's loop. It is true
// for unknown methods.
func (s *Server) Prompt(method string) bool {
	m, known := s.methods[method]
	return !known || m.Prompt
}
