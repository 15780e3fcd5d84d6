package supervisor

import (
	"fmt"
	"slices"
	"strings"

	"reeve/config"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/plan"
)

type (
	// rollRequest asks for a roll: what to prepare for it, and then to begin it.
	rollRequest struct {
		names   []Name
		update  bool
		groups  []string // of an update; none: all
		options RollOptions

		config *config.Config  // of an update
		used   *[]config.Scale // as of a rereadRequest
		begun  uint64
		made   *rollMade // prepared; nil asks what to prepare
		reply  reply[rolled]
	}
	rolled struct {
		made *rollMade
		info RollInfo
	}
	// rollMade is what has to be known and to exist before a roll can begin.
	rollMade struct {
		needs *needed
		logs  map[string]*launch.GroupLogs

		// Of the program that gets extra processes.
		group   *group // only passed back to the loop
		from    *config.Group
		active  *config.Group // from without processes that are going
		program string
		count   int // of its processes, before or after the roll: what is more
		names   []string
		used    *[]config.Scale
		extra   []*config.Process
	}
	rollsRequest struct{ reply reply[[]RollInfo] }
	rollWait     struct {
		id    uint64
		seen  int
		reply reply[RollInfo]
	}
	rollAbort struct {
		id     uint64
		revert bool
		reply  reply[none]
	}
)

func (q rollRequest) serve(l *loop) {
	if l.updates.park(q) || refuseEnding(l, q.reply) {
		return
	}
	if q.update && (q.begun < l.groups.reread || q.used != l.desires.scales.Load()) {
		q.reply.fail(errOutdated)
		return
	}
	children, p, err := q.members(l)
	if err == nil {
		err = q.refusal(l, children, p)
	}
	if err != nil {
		q.reply.fail(err)
		return
	}
	needs := &needed{processes: map[string][]*config.Process{}}
	if q.update {
		needs = neededBy(slices.DeleteFunc(slices.Clone(p), func(e PlanEntry) bool { return !e.Renews() }))
	}
	if q.made == nil {
		made := &rollMade{needs: needs}
		if q.options.Surge > 0 {
			err = made.surging(children, q.config)
		}
		if err != nil {
			q.reply.fail(err)
			return
		}
		q.reply.ok(rolled{made: made})
		return
	}
	if m := q.made; !m.needs.covers(needs) || m.group != nil && (m.group.config != m.from || l.groups.byName[m.from.Name] != m.group || m.used != l.desires.scales.Load()) {
		q.reply.fail(errOutdated)
		return
	}
	q.begin(l, children, p)
}

// members returns the processes that take part, in the order of their turns, and for an
// update the plan.
func (q *rollRequest) members(l *loop) (all []*child, p Plan, err error) {
	if q.update {
		if p, err = planOf(l, q.config, q.groups); err != nil {
			return nil, nil, err
		}
		renewed := map[Name]bool{}
		for i := range p {
			renewed[Name{p[i].Group, p[i].Process}] = p[i].Renews()
		}
		for _, c := range ordered(l.groups.active...) {
			if renewed[c.name()] && !c.temporary() {
				all = append(all, c)
			}
		}
		return all, p, nil
	}
	taken := map[*child]bool{}
	for i, n := range q.names {
		found, err := l.groups.resolve(target{group: n.Group, process: n.Process})
		if err != nil {
			return nil, nil, &UnknownNameError{i, err}
		}
		for _, c := range found {
			taken[c] = !c.temporary()
		}
	}
	for _, c := range ordered(l.groups.active...) {
		if taken[c] {
			all = append(all, c)
		}
	}
	return all, nil, nil
}

// refusal says why there can be no such roll now.
func (q *rollRequest) refusal(l *loop, children []*child, p Plan) error {
	groups := q.groups
	if !q.update {
		groups = groupsOfChildren(children)
	}
	if other := l.rolls.about(groups, 0); other != nil {
		return &FailedError{other.name() + " is under way"}
	}
	if len(p) > 0 {
		if circle := circleIn(l, p); circle != nil {
			return &FailedError{circle.Error()}
		}
	}
	for i := range p {
		e := &p[i]
		switch at := slices.IndexFunc(e.Keys, func(k config.Difference) bool { return strings.HasPrefix(k.Key, "socket") }); {
		case !e.Renews():
		case e.Moved():
			return &FailedError{e.Name() + " becomes another kind of process, which a roll can't do"}
		case at >= 0:
			return &FailedError{e.Name() + ": its " + e.Keys[at].Key + " can't change in a roll: the processes of the program share the socket"}
		}
	}
	return nil
}

func groupsOfChildren(children []*child) (all []string) {
	for _, c := range children {
		if g := c.group.config.Name; !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	return all
}

// surging finds out of which program there are to be extra processes.
func (m *rollMade) surging(children []*child, cfg *config.Config) error {
	if len(children) == 0 {
		return nil
	}
	m.group, m.program = children[0].group, children[0].config.Program
	for _, c := range children {
		if c.group != m.group || c.config.Program != m.program {
			return &FailedError{"surge is for one program, not for " + m.program + " and " + c.config.Program}
		}
	}
	if m.group.config.Listener != nil {
		return &FailedError{"surge is not for event listeners"}
	}
	m.from, m.active = m.group.config, m.group.staying()
	for _, c := range m.group.children {
		if c.config.Program == m.program {
			m.names = append(m.names, c.config.Name)
		}
	}
	m.count = len(m.names)
	if cfg == nil {
		return nil
	}
	if i := slices.IndexFunc(cfg.Groups, func(g *config.Group) bool { return g.Name == m.from.Name }); i >= 0 {
		after := 0
		for _, p := range cfg.Groups[i].Processes {
			if p.Program == m.program {
				after++
				if !slices.Contains(m.names, p.Name) {
					m.names = append(m.names, p.Name)
				}
			}
		}
		m.count = max(m.count, after)
	}
	return nil
}

// begin begins the roll. From here on nothing is refused.
func (q *rollRequest) begin(l *loop, children []*child, p Plan) {
	r := &rolling{update: q.update, groups: groupsOfChildren(children), logs: q.made.logs, to: map[uint64]*config.Process{}}
	if q.update {
		r.groups = nil
		for _, e := range p { // sorted
			if e.Action != plan.None && !slices.Contains(r.groups, e.Group) {
				r.groups = append(r.groups, e.Group)
			}
		}
		l.groups.reread = q.begun
		cfg := *q.config
		cfg.Origins = nil
		l.useConfig(&cfg)
		l.desires.used(l, &cfg)
		for _, c := range children {
			r.to[c.order] = l.groups.wanted(c)
		}
	}
	if len(q.made.extra) > 0 {
		children = append(children, l.surge(q.made)...)
	}
	l.rolls.begin(l, r, q.options.options(children), children)
	l.readers.invalidate()
	q.reply.ok(rolled{info: r.info()})
}

// surge adds extra processes to their group. They do not start by themselves.
func (l *loop) surge(m *rollMade) []*child {
	g, logs := m.group, m.logs[m.from.Name]
	g.own()
	g.config.Processes = append(g.config.Processes, m.extra...)
	added := slices.Clone(l.groups.newChildren(g, m.extra, logs))
	for _, c := range added {
		c.surge, c.machine.Waived = true, true
	}
	effects, _ := l.ordering.arrange(added, &l.groups) // no circle: they need what the others need
	l.follow(effects)
	l.desires.mark(added)
	keepSockets(l, added)
	for _, c := range added {
		l.mark(c)
	}
	return added
}

func (q rollsRequest) serve(l *loop) {
	all := make([]RollInfo, len(l.rolls.all))
	for i, r := range l.rolls.all {
		all[i] = r.info()
	}
	q.reply.ok(all)
}

func (q rollWait) serve(l *loop) {
	switch r := l.rolls.find(q.id); {
	case r == nil:
		q.reply.fail(ErrNoSuchRoll)
	case len(r.notes) > q.seen || r.machine.State.Over():
		q.reply.ok(r.info())
	default:
		l.rolls.watch(q)
	}
}

// watchersMost is how many may wait for news of rolls. A client that leaves is noticed only
// at the next news.
const watchersMost = 256

// watch keeps a request until there is news. One too many ends the wait of the oldest,
// which learns that there is none yet and can ask again.
func (rs *rolls) watch(q rollWait) {
	if len(rs.watching) >= watchersMost {
		oldest := rs.watching[0]
		rs.watching = slices.Delete(rs.watching, 0, 1)
		if r := rs.find(oldest.id); r != nil {
			oldest.reply.ok(r.info())
		} else {
			oldest.reply.fail(ErrNoSuchRoll)
		}
	}
	rs.watching = append(rs.watching, q)
}

// answer answers those who wait for news of a roll.
func (rs *rolls) answer(r *rolling) {
	rs.watching = slices.DeleteFunc(rs.watching, func(q rollWait) bool {
		news := q.id == r.id && (len(r.notes) > q.seen || r.machine.State.Over())
		if news {
			q.reply.ok(r.info())
		}
		return news
	})
}

func (q rollAbort) serve(l *loop) {
	r := l.rolls.find(q.id)
	if r == nil {
		q.reply.fail(ErrNoSuchRoll)
		return
	}
	if q.revert && !r.update {
		q.reply.fail(&FailedError{"revert is for updates: a restart has nothing to go back to"})
		return
	}
	effects, ok := r.machine.Abort(l.now, "on request", q.revert)
	if !ok {
		q.reply.fail(&FailedError{fmt.Sprintf("it is too late: the roll is %s", r.machine.State)})
		return
	}
	l.rolls.carry(l, r, effects)
	q.reply.ok(none{})
}
