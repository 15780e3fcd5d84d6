package supervisor

import (
	"context"
	"errors"

	"reeve/config"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/launch"
)

// Reread reads the configuration again and returns how it differs from the active groups,
// which stay as they are (facts 247 and 248: reloadConfig). If it can't be read the error
// is a *RereadError, and the last good configuration stays in force. If a shutdown or
// restart has begun the error is ErrEnding.
func (s *Supervisor) Reread(ctx context.Context) (Changes, error) {
	begun := s.rereads.Add(1)
	for {
		cfg, used, err := s.readConfig(ctx)
		if err != nil {
			return Changes{}, err
		}
		forgetOrigins(cfg)
		r := rereadRequest{cfg, used, begun, newReply[Changes]()}
		changes, err := ask(ctx, s, r, r.reply)
		if !errors.Is(err, errOutdated) || ctx.Err() != nil {
			return changes, err
		}
	}
}

// forgetOrigins frees what nobody asks for any more.
func forgetOrigins(cfg *config.Config) {
	if cfg.Origins != nil {
		cfg.Origins = nil
	}
}

// readConfig reads the configuration for one caller at a time: package disk sees to that,
// and bounds how many wait. It returns with which scales, besides asked, it was read.
func (s *Supervisor) readConfig(ctx context.Context, asked ...config.Scale) (*config.Config, *[]config.Scale, error) {
	read, used := reading(&s.scales, s.opt.Reread, asked)
	cfg, err := disk.Get(ctx, s.opt.Config.Path, read)
	switch {
	case err == nil:
		return cfg, used, nil
	case ctx.Err() != nil: // the client has left; nothing is known about the configuration
		return nil, nil, ctx.Err()
	}
	return nil, nil, &RereadError{err}
}

// AddGroup makes a group of the configuration read last active; its processes with
// autostart start (fact 249). Errors: ErrNoSuchGroup, ErrAlreadyAdded, ErrEnding,
// *FailedError.
func (s *Supervisor) AddGroup(ctx context.Context, name string) error {
	for {
		err := s.addGroup(ctx, name)
		if !errors.Is(err, errOutdated) || ctx.Err() != nil {
			return err
		}
	}
}

// addGroup prepares the group and adds it, or returns errOutdated if another one has its
// name now. If the client leaves in between, the sockets must not stay held, and a group
// that is added must keep its logs: so the rest runs without the client's context.
func (s *Supervisor) addGroup(ctx context.Context, name string) error {
	ctx = context.WithoutCancel(ctx)
	look := addRequest{name: name, reply: newReply[*newGroup]()}
	g, err := ask(ctx, s, look, look.reply)
	if err != nil {
		return err
	}
	if g.logs == nil {
		g.logs, g.failed = s.tryLogs(g.config.Processes)
	}
	if g.failed == nil {
		g.failed = g.sockets.Open()
	}
	add := addRequest{name, g, newReply[*newGroup]()}
	if _, err = ask(ctx, s, add, add.reply); err != nil && g.logs != nil {
		g.logs.Remove()
	}
	return err
}

// RemoveGroup removes a group whose processes have all stopped. Errors: ErrNoSuchGroup,
// ErrStillRunning, ErrEnding.
func (s *Supervisor) RemoveGroup(ctx context.Context, name string) error {
	r := removeRequest{name, newReply[none]()}
	_, err := ask(ctx, s, r, r.reply)
	return err
}

type (
	addRequest struct {
		name  string
		made  *newGroup // prepared; nil asks what to prepare
		reply reply[*newGroup]
	}
	// newGroup is a group that can become active, the sockets to be tried before, and the
	// logs of its processes named AUTO. logs is nil unless they were retained when the
	// group was removed.
	newGroup struct {
		config  *config.Group
		sockets launch.Trial
		logs    *launch.GroupLogs
		failed  error // why it can't become active
	}
	removeRequest struct {
		name  string
		reply reply[none]
	}
	rereadRequest struct {
		config *config.Config
		used   *[]config.Scale // with which it was read
		begun  uint64          // which of the rereads, in the order in which they began
		reply  reply[Changes]
	}
)

func (r addRequest) serve(l *loop) {
	if l.updates.park(r) {
		return
	}
	if r.made != nil {
		l.launcher.LetGo(r.made.sockets)
	}
	if refuseEnding(l, r.reply) {
		return
	}
	g := l.groups.configured(r.name)
	switch {
	case g == nil:
		r.reply.fail(ErrNoSuchGroup)
	case l.groups.byName[r.name] != nil:
		r.reply.fail(ErrAlreadyAdded)
	case r.made == nil:
		r.reply.ok(&newGroup{config: g, sockets: l.launcher.HoldUnheld(g.Processes), logs: l.groups.retained[g]})
	case r.made.config != g:
		r.reply.fail(errOutdated)
	case r.made.failed != nil:
		r.reply.fail(&FailedError{r.made.failed.Error()})
	default:
		if err := l.add(g, r.made.logs); err != nil {
			r.reply.fail(&FailedError{err.Error()})
			return
		}
		r.reply.ok(r.made)
	}
}

// add makes a group active and publishes that (facts 107 and 249: order of the start,
// addProcessGroup).
// The error is that of dependencies that form a circle with those of other groups.
func (l *loop) add(cfg *config.Group, logs *launch.GroupLogs) error {
	g := l.groups.add(cfg, logs)
	effects, err := l.ordering.arrange(g.children, &l.groups)
	if err != nil {
		_, _ = l.groups.remove(cfg.Name) // nothing runs
		return err
	}
	if g.config.Listener != nil {
		l.events.subscribe(g)
	}
	l.readers.invalidate()
	l.events.publish(groupAdded(cfg.Name))
	l.desires.hold(g.children)
	for _, c := range g.children {
		l.mark(c)
	}
	l.follow(effects)
	return nil
}

func (r removeRequest) serve(l *loop) {
	if l.updates.park(r) || refuseEnding(l, r.reply) {
		return
	}
	if err := removeGroup(l, r.name); err != nil {
		r.reply.fail(err)
		return
	}
	r.reply.ok(none{})
}

// removeGroup removes a group whose processes have all stopped, and publishes that.
func removeGroup(l *loop, name string) error {
	g, err := l.groups.remove(name)
	if err != nil {
		return err
	}
	for _, c := range g.children {
		l.queue.Remove(&c.next)
	}
	l.follow(l.ordering.remove(g.children))
	l.jobs.removed(g.children)
	l.desires.removed(name)
	if g.pool != nil {
		l.events.bus.Unsubscribe(g.pool)
	}
	l.readers.invalidate()
	l.events.publish(groupRemoved(name))
	return nil
}

// serve makes what was read the configuration in force, unless the one in force comes
// from a reread that began later. Running groups keep what they have; the daemon's own
// values count at once (fact 247: what reloadConfig changes at once).
func (r rereadRequest) serve(l *loop) {
	if l.updates.park(r) || refuseEnding(l, r.reply) {
		return
	}
	if r.used != l.desires.scales.Load() {
		r.reply.fail(errOutdated)
		return
	}
	if r.begun > l.groups.reread {
		l.groups.reread = r.begun
		l.useConfig(r.config)
		l.desires.used(l, r.config)
	}
	r.reply.ok(l.groups.changes())
}
