package supervisor

import (
	"context"
	"errors"

	"reeve/config"
	"reeve/supervisor/internal/launch"
)

// Groups that are active can be changed one process at a time, as clients of
// supervisor_twiddler do. The configuration read last shows such a change if the group
// belongs to it; the next reread discards the change.

// AddProgram adds the processes of a program to an active group, as if its section were
// in the configuration file; those with autostart start. Errors: ErrNoSuchGroup, a
// *config.Error about the settings, *NameTakenError, *FailedError, ErrEnding.
func (s *Supervisor) AddProgram(ctx context.Context, group, name string, settings []config.Setting) error {
	for {
		err := s.addProgram(ctx, group, name, settings)
		if !errors.Is(err, errOutdated) || ctx.Err() != nil {
			return err
		}
	}
}

// addProgram reads the program and adds it, or returns errOutdated if the group, or the
// configuration that the program was read for, has been replaced.
func (s *Supervisor) addProgram(ctx context.Context, group, name string, settings []config.Setting) error {
	look := joinRequest{name: group, reply: newReply[joined]()}
	to, err := ask(ctx, s, look, look.reply)
	if err != nil {
		return err
	}
	processes, err := s.opt.Program(to.config, group, name, settings)
	if err != nil {
		return err
	}
	logs, err := s.tryLogs(processes)
	if err != nil {
		return &FailedError{err.Error()}
	}
	join := joinRequest{group, to, processes, logs, newReply[joined]()}
	if _, err = ask(context.WithoutCancel(ctx), s, join, join.reply); err != nil {
		logs.Remove()
	}
	return err
}

// RemoveProcess removes a process that does not run from its group. Errors:
// ErrNoSuchGroup, ErrNoSuchProcess, ErrStillRunning, ErrEnding.
func (s *Supervisor) RemoveProcess(ctx context.Context, n Name) error {
	r := leaveRequest{n, newReply[none]()}
	_, err := ask(ctx, s, r, r.reply)
	return err
}

type (
	joinRequest struct {
		name      string            // of the group
		to        joined            // what the processes were read for
		processes []*config.Process // none: only ask for that
		logs      *launch.GroupLogs
		reply     reply[joined]
	}
	// joined is the group that gets the processes, and the configuration in force.
	joined struct {
		group  *group // only passed back to the loop
		config *config.Config
	}
	leaveRequest struct {
		name  Name
		reply reply[none]
	}
)

func (r joinRequest) serve(l *loop) {
	if l.updates.park(r) {
		return
	}
	// supervisor_twiddler's methods still work during a restart.
	if l.state == Shutdown && refuseEnding(l, r.reply) {
		return
	}
	g := l.groups.byName[r.name]
	if g == nil {
		r.reply.fail(ErrNoSuchGroup)
		return
	}
	now := joined{g, l.groups.config}
	if len(r.processes) == 0 {
		r.reply.ok(now)
		return
	}
	if r.to != now {
		r.reply.fail(errOutdated)
		return
	}
	added, err := l.groups.addProcesses(g, r.processes, r.logs)
	if err != nil {
		r.reply.fail(err)
		return
	}
	effects, _ := l.ordering.arrange(added, &l.groups) // no circle: they need nothing
	l.follow(effects)
	hold(l, added)
	for _, c := range added {
		l.mark(c)
	}
	l.readers.invalidate()
	r.reply.ok(now)
}

func (r leaveRequest) serve(l *loop) {
	if l.updates.park(r) {
		return
	}
	// supervisor_twiddler's methods still work during a restart.
	if l.state == Shutdown && refuseEnding(l, r.reply) {
		return
	}
	c, err := l.groups.removeProcess(r.name)
	if err != nil {
		r.reply.fail(err)
		return
	}
	forget(l, c)
	r.reply.ok(none{})
}

// forget is what follows when a process was removed from its group.
func forget(l *loop, c *child) {
	if c.listener != nil {
		c.group.pool.Leave(c.listener)
	}
	unhold(l, []*child{c})
	l.follow(l.ordering.remove([]*child{c}))
	l.jobs.removed([]*child{c})
	l.queue.Remove(&c.next)
	l.readers.invalidate()
}
