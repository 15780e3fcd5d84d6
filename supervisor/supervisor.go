package supervisor

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"syscall"

	"reeve/config"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// MainLog is the daemon's own log, as far as the loop uses it. None of its methods may
// block.
type MainLog interface {
	Log(level process.Level, text string)
	// Reopen closes the file and opens it again by name.
	Reopen()
	// DebugEnabled reports whether messages of level DEBG are kept: only then is the
	// output of children echoed.
	DebugEnabled() bool
}

// Options are what a Supervisor needs from its process.
type Options struct {
	Config *config.Config
	// Reread reads the configuration again, with programs scaled. It is called off the
	// loop, one call at a time.
	Reread func(scales ...config.Scale) (*config.Config, error)
	// Program reads the settings of a program that is added to a group of cfg at run
	// time; the error is a *config.Error. It is called off the loop, and only for
	// AddProgram.
	Program func(cfg *config.Config, group, name string, settings []config.Setting) ([]*config.Process, error)
	// Environ is the environment that children inherit, without the SUPERVISOR_ variables
	// (fact 162: environment of a child).
	Environ []string
	Log     MainLog
	// Syslog takes the output of programs with *_syslog=true; nil drops it.
	Syslog capture.Sink
	// Stdout takes what the result handler of supervisor-stdout prints, line by line; it
	// must not block. nil drops it.
	Stdout func(text []byte)
	// Last says that no successor goes on after a panic: programs are told to stop, and
	// that is all.
	Last bool
	// Keeper holds what is not to be lost if this process dies suddenly; nil: nobody does.
	Keeper Keeper
	// TrailHead returns what Recover returns besides, in another process. It is called by
	// Run, on the goroutine of the loop.
	TrailHead func() json.RawMessage
	// Serial is the first serial number of events. The numbers go on across a restart
	// (fact 197).
	Serial uint64
	// Sockets are those that the run before this one has left open.
	Sockets Sockets
}

// Sockets are listening sockets that stay open over a restart of the daemon. It is opaque.
type Sockets struct{ all []launch.HandedSocket }

// Supervisor is the handle to the loop. Its methods may be called from any goroutine.
// Each posts a request and waits for the answer, the end of its context or the end of the
// loop (then ErrStopped).
type Supervisor struct {
	requests chan posted
	falls    chan *rescue.Panic
	ended    chan struct{} // closed when the loop has ended
	handed   atomic.Bool   // it has handed over
	unserved any           // reply of the request whose turn was not finished; valid when the loop has ended
	state    atomic.Int32
	ident    atomic.Pointer[string]
	readers  readers
	scales   scales
	rereads  atomic.Uint64 // how many were begun
	opt      Options
	loop     *loop
}

// Outcome says why Run returned.
type Outcome struct {
	Restart bool
	Serial  uint64        // for the Options of the next run
	Sockets Sockets       // of listen=, for the same
	Status  int           // with which the daemon is to end; not 0 because of an essential program
	Handed  *Handed       // not nil: nothing has ended, a successor is to go on
	Panic   *rescue.Panic // not nil: why; without Handed, nobody can go on
}

// Run makes the groups of the configuration active, keeps them so, and returns when a
// shutdown or restart is complete: no process is left then; or when a successor is to go
// on, because that was asked for or because of a panic. The end of ctx begins a shutdown.
// early are signals that the daemon received before Run: they are carried out before
// anything is started. Run may be called once.
func (s *Supervisor) Run(ctx context.Context, early ...syscall.Signal) Outcome {
	if p := rescue.Vital("the loop", func() { s.loop.run(ctx, early) }); p != nil {
		s.loop.fell, s.loop.leave = p, true
	}
	if s.loop.handing || s.loop.fell != nil {
		return departure{s.loop}.outcome()
	}
	if s.loop.leave {
		return Outcome{}
	}
	o := Outcome{Restart: s.State() == Restarting, Serial: s.loop.events.bus.Serial, Status: s.loop.status}
	if o.Restart {
		o.Sockets.all = s.loop.launcher.HandOver()
	}
	s.loop.close()
	s.loop.desires.settle()
	close(s.ended)
	return o
}

// State returns the supervisor's own state at once, without asking the loop.
func (s *Supervisor) State() State { return State(s.state.Load()) }

// Identifier returns the identifier of the configuration read last.
func (s *Supervisor) Identifier() string { return *s.ident.Load() }

// Signal passes a signal that the daemon received to the loop (facts 118-121: what TERM,
// HUP, USR2 and CHLD do), and reports whether the loop took it before its end. It does
// not wait until the signal is carried out.
func (s *Supervisor) Signal(sig syscall.Signal) bool {
	select {
	case s.requests <- posted{request: daemonSignal{sig}}:
		return true
	case <-s.ended:
		return false
	}
}

// Shutdown begins a shutdown; State is Shutdown when it returns.
func (s *Supervisor) Shutdown(ctx context.Context) error { return s.setState(ctx, Shutdown) }

// Restart begins a restart; State is Restarting when it returns. If the configuration
// can't be read the error is a *RereadError and nothing changes: upstream would stop
// everything first and then die of it. If a shutdown or restart has begun the error is
// ErrEnding.
func (s *Supervisor) Restart(ctx context.Context) error {
	if err := s.CheckConfig(ctx); err != nil {
		s.opt.Log.Log(process.Error, err.Error()+"; nothing was stopped")
		return err
	}
	return s.setState(ctx, Restarting)
}

// CheckConfig returns nil if the configuration can be read, else a *RereadError. Nothing
// changes.
func (s *Supervisor) CheckConfig(ctx context.Context) error {
	_, _, err := s.readConfig(ctx)
	return err
}

func (s *Supervisor) setState(ctx context.Context, state State) error {
	r := stateRequest{state, newReply[none]()}
	_, err := ask(ctx, s, r, r.reply)
	return err
}

// AllInfo returns every process of every active group, by group and then process name.
// The result is shared and must not be changed. Between two changes it is returned
// without asking the loop.
func (s *Supervisor) AllInfo(ctx context.Context) ([]*Info, error) {
	if infos := s.readers.snapshot.Load(); infos != nil {
		return *infos, nil
	}
	r := allInfoRequest{newReply[[]*Info]()}
	return ask(ctx, s, r, r.reply)
}

// Info returns one process. The result is shared and must not be changed. The error is
// ErrNoSuchGroup or ErrNoSuchProcess.
func (s *Supervisor) Info(ctx context.Context, n Name) (*Info, error) {
	if infos := s.readers.snapshot.Load(); infos != nil {
		return find(*infos, n)
	}
	r := infoRequest{n, newReply[*Info]()}
	return ask(ctx, s, r, r.reply)
}

// AllConfig returns the processes of the configuration read last, in its order.
func (s *Supervisor) AllConfig(ctx context.Context) ([]ConfigInfo, error) {
	r := allConfigRequest{newReply[[]ConfigInfo]()}
	return ask(ctx, s, r, r.reply)
}

// Groups returns the active groups in the order of activation.
func (s *Supervisor) Groups(ctx context.Context) ([]string, error) {
	r := groupsRequest{newReply[[]string]()}
	return ask(ctx, s, r, r.reply)
}

// SendStdin queues data for the stdin of a running process. Errors: ErrNotRunning if
// nothing runs or it is being stopped; ErrNoFile if it closed its stdin; a *FailedError
// if it does not read and too much is queued already; ErrNoSuchGroup, ErrNoSuchProcess.
func (s *Supervisor) SendStdin(ctx context.Context, n Name, data []byte) error {
	r := stdinRequest{n, data, newReply[none]()}
	_, err := ask(ctx, s, r, r.reply)
	return err
}

// SendRemoteComm publishes a REMOTE_COMMUNICATION event.
func (s *Supervisor) SendRemoteComm(ctx context.Context, kind, data string) error {
	r := remoteCommRequest{kind, data, newReply[none]()}
	_, err := ask(ctx, s, r, r.reply)
	return err
}

// Watch returns a channel that receives after something in AllInfo has changed; changes
// that come close together are one message. cancel must be called when the channel is no
// longer read.
func (s *Supervisor) Watch() (changed <-chan struct{}, cancel func()) {
	return s.readers.watchers.add()
}
