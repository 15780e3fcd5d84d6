package supervisor

import (
	"context"
	"slices"
	"strings"
	"syscall"

	"reeve/config"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/order"
)

// Start starts a process. With wait it returns when the process is RUNNING or it is clear
// that it will not get there; else when the child is forked. Errors: ErrNoSuchGroup,
// ErrNoSuchProcess, *CommandError (found first, whatever the state), ErrAlreadyStarted,
// ErrUnknownState, ErrSpawn, ErrAbnormalTermination (fact 244: order of checks), and
// ErrEnding.
func (s *Supervisor) Start(ctx context.Context, n Name, wait bool, how ...StartOption) error {
	return single(s.start(ctx, target{group: n.Group, process: n.Process}, wait, how))
}

// StartOption changes what a start does.
type StartOption int

// Alone starts at once and nothing else, whatever the process needs.
const Alone StartOption = 1

// StartGroup starts the processes of a group that do not run. Results are in upstream's
// order (fact 243). Errors: ErrNoSuchGroup, ErrEnding.
func (s *Supervisor) StartGroup(ctx context.Context, group string, wait bool, how ...StartOption) ([]Result, error) {
	return s.start(ctx, target{group: group}, wait, how)
}

// StartAll starts every process that does not run.
func (s *Supervisor) StartAll(ctx context.Context, wait bool, how ...StartOption) ([]Result, error) {
	return s.start(ctx, target{all: true}, wait, how)
}

// start checks the commands off the loop, where a hung disk stops nobody else, and then
// asks the loop.
func (s *Supervisor) start(ctx context.Context, t target, wait bool, how []StartOption) ([]Result, error) {
	if results, err, ok := continued(ctx, s); ok {
		return results, err
	}
	look := commandsRequest{t, newReply[[]toStart]()}
	commands, err := ask(ctx, s, look, look.reply)
	if err != nil {
		return nil, err
	}
	r := startRequest{wait: wait, alone: slices.Contains(how, Alone), job: JobOf(ctx), reply: newReply[[]Result]()}
	checked := map[command]error{} // the processes of a program share one
	for _, c := range commands {
		refused, done := checked[c.command]
		if !done {
			if refused, err = disk.Get(ctx, c.file(), func() (error, error) { return c.check(), nil }); err != nil {
				if ctx.Err() != nil {
					return nil, err
				}
				refused = &FailedError{err.Error()}
			}
			checked[c.command] = refused
		}
		r.children = append(r.children, c.child)
		r.refused = append(r.refused, refused)
	}
	return ask(ctx, s, r, r.reply)
}

// toStart is a child that is to be started, and its command.
type toStart struct {
	child *child // only passed back to the loop
	command
}

// command is what the check of a command needs.
type command struct {
	line, path string
	plugin     bool // of a plug-in: a stand-in takes its place if it can't be run
}

// file returns the file at which the check may hang: the executable, or its name in the
// first folder of the search path.
func (c command) file() string {
	argv, err := config.SplitCommand(c.line)
	if err != nil || len(argv) == 0 {
		return ""
	}
	if strings.Contains(argv[0], "/") {
		return argv[0]
	}
	folder, _, _ := strings.Cut(c.path, ":")
	return folder + "/" + argv[0]
}

func (c command) check() error {
	if c.plugin {
		return nil
	}
	argv, err := config.SplitCommand(c.line)
	if err != nil {
		return &CommandError{Reason: err.Error()}
	}
	if _, err := spawn.CheckCommand(argv, c.path); err != nil {
		return &CommandError{Missing: err.Kind == spawn.NoFile, Reason: err.Reason}
	}
	return nil
}

// commandsRequest asks which commands a start would run: that of a single target in any
// case, else only those of processes that do not run.
type commandsRequest struct {
	target target
	reply  reply[[]toStart]
}

func (r commandsRequest) serve(l *loop) {
	children, err := l.groups.resolve(r.target)
	if err != nil {
		r.reply.fail(err)
		return
	}
	commands := make([]toStart, 0, len(children))
	for _, c := range children {
		if r.target.single() || !c.machine.State.IsRunning() {
			commands = append(commands, toStart{c, command{
				c.config.Command, l.launcher.SearchPath(c.config), c.plugin.kind != order.NoPlugin,
			}})
		}
	}
	r.reply.ok(commands)
}

// Stop stops a process in the running set. With wait it returns when the process has
// stopped, however long that takes (fact 245). Errors: ErrNoSuchGroup, ErrNoSuchProcess,
// ErrNotRunning, *FailedError.
func (s *Supervisor) Stop(ctx context.Context, n Name, wait bool) error {
	return single(s.stop(ctx, target{group: n.Group, process: n.Process}, wait))
}

// StopGroup stops the processes of a group that run. The error is ErrNoSuchGroup.
func (s *Supervisor) StopGroup(ctx context.Context, group string, wait bool) ([]Result, error) {
	return s.stop(ctx, target{group: group}, wait)
}

// StopAll stops every process that runs.
func (s *Supervisor) StopAll(ctx context.Context, wait bool) ([]Result, error) {
	return s.stop(ctx, target{all: true}, wait)
}

func (s *Supervisor) stop(ctx context.Context, t target, wait bool) ([]Result, error) {
	if results, err, ok := continued(ctx, s); ok {
		return results, err
	}
	r := stopRequest{t, wait, JobOf(ctx), newReply[[]Result]()}
	return ask(ctx, s, r, r.reply)
}

// NoSignal in place of a signal does nothing to the processes that would get one.
const NoSignal syscall.Signal = -1

// SignalProcess sends sig to the process itself, not to its group. Errors:
// ErrNoSuchGroup, ErrNoSuchProcess, ErrNotRunning, *FailedError.
func (s *Supervisor) SignalProcess(ctx context.Context, n Name, sig syscall.Signal) error {
	return single(s.signalTarget(ctx, target{group: n.Group, process: n.Process}, sig))
}

// SignalGroup sends sig to each process of a group that can be signalled. The error is
// ErrNoSuchGroup.
func (s *Supervisor) SignalGroup(ctx context.Context, group string, sig syscall.Signal) ([]Result, error) {
	return s.signalTarget(ctx, target{group: group}, sig)
}

// SignalAll sends sig to every process that can be signalled.
func (s *Supervisor) SignalAll(ctx context.Context, sig syscall.Signal) ([]Result, error) {
	return s.signalTarget(ctx, target{all: true}, sig)
}

func (s *Supervisor) signalTarget(ctx context.Context, t target, sig syscall.Signal) ([]Result, error) {
	r := signalRequest{t, sig, newReply[[]Result]()}
	return ask(ctx, s, r, r.reply)
}

// single returns the outcome of a request on one process.
func single(results []Result, err error) error {
	if err != nil {
		return err
	}
	return results[0].Err
}
