package supervisor

import (
	"context"
	"errors"
	"slices"

	"reeve/config"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/roll"
	"reeve/supervisor/rescue"
)

// rollBatch is the request of a roll for its next batch: an update of these processes, in
// which nothing else is put in force. It waits for an update under way as others do.
type rollBatch struct {
	roll uint64
	what roll.Replace
}

func (b rollBatch) serve(l *loop) {
	us, r := &l.updates, l.rolls.find(b.roll)
	if us.park(b) || r == nil || r.machine.State.Over() || r.machine.Turn != b.what.Turn {
		return
	}
	u := &update{
		groups: r.groups, waiting: map[*child]bool{}, starts: map[*child]bool{}, logs: r.logs, recast: recasts{},
		roll: r.id, turn: b.what.Turn, targets: map[*child]*config.Process{},
	}
	us.current = u
	us.changes++
	to := r.to
	if b.what.Back {
		to, u.logs = r.was, map[string]*launch.GroupLogs{}
	}
	for _, c := range r.children(b.what.Off) {
		l.mark(c)
		if t := to[c.order]; t != nil {
			u.targets[c] = t
			c.group.own()
			if c.machine.Pid == 0 {
				us.turnInto(l, c)
			} else {
				u.waiting[c] = true
			}
		}
	}
	var stops []*child
	for _, c := range r.children(b.what.IDs) {
		l.mark(c) // the update goes on in this turn
		if t := to[c.order]; t != nil {
			u.targets[c] = t
			c.group.own()
		}
		u.starts[c] = true
		if c.machine.State.IsStopped() && c.machine.Pid == 0 && c.forking == 0 && !c.wanted {
			us.turnInto(l, c)
			continue
		}
		u.waiting[c] = true
		stops = append(stops, c)
	}
	us.stop(l, stops)
}

// turnInto gives a process that has stopped its new values.
func (us *updates) turnInto(l *loop, c *child) {
	if to := us.current.target(l, c); to != nil && us.renew(l, c, slices.Index(c.group.children, c), to) {
		l.follow(l.ordering.change([]*child{c}, &l.groups))
	}
}

// own gives a group a configuration that nobody else has, so that its processes can be
// changed one by one.
func (g *group) own() {
	own := *g.config
	own.Processes = slices.Clone(g.config.Processes)
	g.config = &own
}

// replaced reports to a roll that its batch has stopped, and that the starts were asked for.
func (rs *rolls) replaced(l *loop, u *update) {
	if r := rs.find(u.roll); r != nil && !r.machine.State.Over() {
		rs.changes++
		rs.carry(l, r, r.machine.Replaced(l.now, u.turn))
	}
}

// finish puts in force what else has changed, by an ordinary update.
func (rs *rolls) finish(l *loop, r *rolling) {
	if !r.update || len(r.groups) == 0 {
		rs.carry(l, r, r.machine.Finished(""))
		return
	}
	u, id, groups := Updater{l.handle}, r.id, r.groups
	go rescue.Run("the end of a roll", func() {
		_, err := u.updateAfter(context.Background(), groups, id)
		if err != nil && !errors.Is(err, ErrHandedOver) {
			_, _ = ask(context.Background(), u.s, rollFailed{id, err}, newReply[none]())
		}
	})
}

// resume does again what a predecessor had begun and could not hand over: a batch that
// waited for another update, and the update that ends a roll.
func (rs *rolls) resume(l *loop) {
	for _, r := range rs.all {
		u, m := l.updates.current, r.machine
		waits, open := m.Waiting()
		switch {
		case m.State == roll.Finishing && (u == nil || u.ends != r.id):
			rs.finish(l, r)
		case open && (u == nil || u.roll != r.id || u.turn != m.Turn):
			rollBatch{r.id, waits}.serve(l)
		}
	}
}

// finished reports the outcome of the update that ends a roll; empty: it is in force.
func (rs *rolls) finished(l *loop, id uint64, problem string) {
	if r := rs.find(id); r != nil {
		rs.carry(l, r, r.machine.Finished(problem))
	}
}

// rollFailed says that there was no update at the end of a roll.
type rollFailed struct {
	id  uint64
	err error
}

func (f rollFailed) serve(l *loop) { l.rolls.finished(l, f.id, f.err.Error()) }
