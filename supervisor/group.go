package supervisor

import (
	"reeve/config"
	"reeve/supervisor/internal/launch"
)

// add makes a group active and publishes that (facts 107 and 249: order of the start,
// addProcessGroup).
func (l *loop) add(cfg *config.Group, logs *launch.GroupLogs) {
	g := l.groups.add(cfg, logs)
	if g.config.Listener != nil {
		l.events.subscribe(g)
	}
	l.readers.invalidate()
	l.events.publish(groupAdded(cfg.Name))
	for _, c := range g.children {
		l.mark(c)
	}
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
		begun  uint64 // which of the rereads, in the order in which they began
		reply  reply[Changes]
	}
)

func (r addRequest) serve(l *loop) {
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
		l.add(g, r.made.logs)
		r.reply.ok(r.made)
	}
}

func (r removeRequest) serve(l *loop) {
	if refuseEnding(l, r.reply) {
		return
	}
	g, err := l.groups.remove(r.name)
	if err != nil {
		r.reply.fail(err)
		return
	}
	for _, c := range g.children {
		l.queue.Remove(&c.next)
	}
	if g.pool != nil {
		l.events.bus.Unsubscribe(g.pool)
	}
	l.readers.invalidate()
	l.events.publish(groupRemoved(r.name))
	r.reply.ok(none{})
}

// serve makes what was read the configuration in force, unless the one in force comes
// from a reread that began later. Running groups keep what they have; the daemon's own
// values count at once (fact 247: what reloadConfig changes at once).
func (r rereadRequest) serve(l *loop) {
	if refuseEnding(l, r.reply) {
		return
	}
	if r.begun > l.groups.reread {
		l.groups.reread = r.begun
		l.useConfig(r.config)
	}
	r.reply.ok(l.groups.changes())
}
