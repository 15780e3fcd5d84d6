package order

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"reeve/supervisor/process"
)

// TestRandomLives lets random processes with random dependencies live through random
// events and requests, and checks after each what must always hold. Each life is lived
// twice, once with a handoff after every step; both must do the same.
func TestRandomLives(t *testing.T) {
	lives := uint64(300)
	if testing.Short() {
		lives = 100
	}
	for seed := range lives {
		a := live(t, seed, false)
		b := live(t, seed, true)
		if a != b {
			t.Fatalf("seed %d: with handoffs it does something else:\n%s\n---- with:\n%s", seed, a, b)
		}
	}
}

// life is a world and a source of chance.
type life struct {
	world
	t       *testing.T
	rnd     *rand.Rand
	log     strings.Builder
	pending map[ID]bool // a start was asked for and not answered
	alone   map[ID]bool // the same, without dependencies
	ending  bool
	seed    uint64
	away    []*proc // removed
}

func live(t *testing.T, seed uint64, handoff bool) string {
	l := &life{t: t, seed: seed, rnd: rand.New(rand.NewPCG(seed, 15)), pending: map[ID]bool{}, alone: map[ID]bool{}}
	l.saw = l.look
	if l.chance(3) {
		l.m.MaxStarting = 1 + l.rnd.IntN(3)
	}
	l.populate()
	if !l.m.Active() {
		return "" // nothing has dependencies
	}
	for range 60 {
		if handoff {
			l.handoff(t)
		}
		l.step()
		l.check()
	}
	l.quiet()
	l.shutdown()
	return l.log.String()
}

// note shows what was done, and what came of it.
func (l *life) note(format string, args ...any) {
	fmt.Fprintf(&l.log, format+"\n%s", append(args, l.out.String())...)
	l.out.Reset()
}

func (l *life) fail(format string, args ...any) {
	l.t.Helper()
	l.note("")
	l.t.Fatalf("seed %d: %s\n%s", l.seed, fmt.Sprintf(format, args...), l.log.String())
}

// chance reports true once in n times.
func (l *life) chance(n int) bool { return l.rnd.IntN(n) == 0 }

// populate makes processes that need earlier ones.
func (l *life) populate() {
	var specs []Spec
	on := map[string]OnDependency{}
	for i := range 2 + l.rnd.IntN(9) {
		s := Spec{Name: fmt.Sprintf("p%d", i), Oneshot: l.chance(5), Health: true}
		s.Group, s.Program = s.Name, s.Name
		if l.chance(3) {
			s.Group = fmt.Sprintf("g%d", i/3) // processes that are neighbours
		}
		s.DependsOn = l.dependencies(specs)
		on[s.Display()] = OnDependency(l.rnd.IntN(3))
		specs = append(specs, s)
		l.note("%s needs %s on_dependency=%s oneshot=%v", s.Display(), s.DependsOn, on[s.Display()], s.Oneshot)
	}
	if err := l.add(specs, on); err != nil {
		l.fail("refused: %s", err)
	}
}

// dependencies chooses among earlier processes and groups.
func (l *life) dependencies(specs []Spec) string {
	var items []string
	seen := map[string]bool{}
	for range l.rnd.IntN(4) {
		if len(specs) == 0 {
			break
		}
		i := l.rnd.IntN(len(specs))
		s := specs[i]
		name := s.Group + ":" + s.Name
		if l.chance(3) && i/3 < len(specs)/3 { // the group has no later member
			name = s.Group + ":*"
		}
		if !seen[s.Group] {
			seen[s.Group] = true
			items = append(items, name+":"+conditionNames[l.rnd.IntN(len(conditionNames))])
		}
	}
	return strings.Join(items, ",")
}

// step is one event or request.
func (l *life) step() {
	switch l.rnd.IntN(14) {
	case 0:
		l.ask("boot", l.some(), Request{Reason: "boot"})
	case 1, 2:
		l.ask("start", l.some(), Request{Mode: WithDependencies, Wait: !l.chance(3)})
	case 3:
		l.ask("alone", l.some()[:1], Request{Mode: Alone})
	case 4:
		ids := l.some()
		l.call(l.m.Stop(ids, "request"))
		l.note("stopped %v", ids)
	case 5:
		ids := l.some()
		l.expect(ids, false)
		l.call(l.m.Restart(ids, Request{Mode: WithDependencies, Wait: l.chance(2)}))
		l.note("restarted %v", ids)
	case 6:
		l.comeOrGo()
	default:
		for range 1 + l.rnd.IntN(3) {
			l.happen(l.procs[l.rnd.IntN(len(l.procs))])
		}
	}
}

// some chooses processes, in random order.
func (l *life) some() []ID {
	var ids []ID
	for _, i := range l.rnd.Perm(len(l.procs))[:1+l.rnd.IntN(len(l.procs))] {
		ids = append(ids, l.procs[i].ID)
	}
	return ids
}

// ask asks for the starts of those that do not run, as the loop does.
func (l *life) ask(what string, ids []ID, r Request) {
	ids = slices.DeleteFunc(ids, func(id ID) bool { return l.byID(id).Facts.State.IsRunning() })
	l.expect(ids, r.Mode == Alone)
	l.call(l.m.Start(ids, r))
	l.note("asked: %s %v", what, ids)
}

func (l *life) expect(ids []ID, alone bool) {
	for _, id := range ids {
		l.pending[id] = true
		l.alone[id] = l.alone[id] || alone
	}
}

// comeOrGo removes the processes of a group, or adds those of one that were removed.
func (l *life) comeOrGo() {
	if len(l.away) > 0 {
		group := l.away[0].spec.Group
		for _, p := range l.away {
			if p.spec.Group == group {
				l.next++
				p.ID, p.Facts = l.next, Facts{}
			}
		}
		var batch []Process
		for _, p := range l.away {
			if p.spec.Group == group {
				batch = append(batch, p.Process)
			}
		}
		effects, err := l.m.Add(batch, l.active)
		if err != nil {
			l.fail("adding %s: %s", group, err)
		}
		for _, p := range l.away {
			if p.spec.Group == group {
				l.procs = append(l.procs, p)
			}
		}
		l.away = slices.DeleteFunc(l.away, func(p *proc) bool { return p.spec.Group == group })
		l.call(effects)
		l.note("added %s", group)
		return
	}
	group := l.procs[l.rnd.IntN(len(l.procs))].spec.Group
	var ids []ID
	for _, p := range l.procs {
		if p.spec.Group == group {
			if !p.Facts.State.IsStopped() || len(l.procs) == 1 {
				return
			}
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == len(l.procs) {
		return
	}
	for _, p := range l.procs {
		if p.spec.Group == group {
			l.away = append(l.away, p)
		}
	}
	l.remove(ids...)
	l.note("removed %s", group)
}

// happen has something happen to a process.
func (l *life) happen(p *proc) {
	f := p.Facts
	exited := Facts{State: process.Exited, Expected: l.chance(2), Restarts: l.chance(2) && !p.spec.Oneshot}
	switch f.State {
	case process.Starting:
		f = []Facts{
			{State: process.Running, Child: true},
			{State: process.Running, Child: true},
			{State: process.Backoff},
			{State: process.Starting, Child: !f.Child},
			exited,
		}[l.rnd.IntN(5)]
	case process.Running:
		f.Healthy = !f.Healthy
		switch {
		case l.chance(3):
			f = exited
		case l.chance(8):
			f = Facts{State: process.Stopping, Child: true} // a stop of the loop's own
		case l.chance(20):
			f = Facts{State: process.Unknown, Child: true}
		}
	case process.Stopping:
		f = Facts{State: process.Stopped}
	case process.Backoff, process.Exited:
		if f.State == process.Backoff && l.chance(3) {
			f = Facts{State: process.Fatal}
		} else if l.chance(15) {
			f = Facts{State: process.Unknown}
		} else if f.State == process.Backoff || f.Restarts {
			if !l.pending[p.ID] {
				l.pending[p.ID] = true
				l.call(l.m.Start([]ID{p.ID}, Request{Reason: "autorestart"}))
				l.note("again: %s", p)
			}
			return
		}
	case process.Unknown:
		f.Child = false
	case process.Stopped, process.Fatal:
		return
	}
	l.now(p, f)
	l.call(nil)
	l.note("%s is %+v", p, f)
}

// look keeps account of answers, and checks what is to be carried out.
func (l *life) look(e Effect) {
	switch e := e.(type) {
	case Start:
		l.checkStart(l.byID(e.ID))
		delete(l.pending, e.ID)
		delete(l.alone, e.ID)
	case Over:
		delete(l.pending, e.ID)
		delete(l.alone, e.ID)
	case Fail:
		if n := l.m.nodes[e.ID]; n == nil || !n.want.set() {
			delete(l.pending, e.ID)
		}
	case Stop:
		l.checkStop(l.byID(e.ID))
	case Wait:
	}
}

// holds evaluates a need with nothing but the facts.
func (l *life) holds(n Need) bool {
	found := false
	for _, p := range l.procs {
		if n.Target.Program == p.Program || n.Target.Group == p.Group && (n.Target.Process == "" || n.Target.Process == p.Name) {
			found = true
			if !p.Facts.Holds(n.Condition, p.Oneshot) {
				return false
			}
		}
	}
	return found
}

// checkStart: never a start before its condition, never two.
func (l *life) checkStart(p *proc) {
	if !p.Facts.startable() {
		l.fail("start of %s, which is %s", p, p.Facts.State)
	}
	if starting := l.starting(); l.m.MaxStarting > 0 && starting >= l.m.MaxStarting {
		l.fail("start of %s while %d are starting", p, starting)
	}
	if l.ending {
		l.fail("start of %s at the end", p)
	}
	for _, n := range p.Needs {
		if !l.alone[p.ID] && !l.holds(n) {
			l.fail("start of %s before %s", p, n)
		}
	}
}

func (l *life) starting() int {
	n := 0
	for _, p := range l.procs {
		if p.Facts.State == process.Starting {
			n++
		}
	}
	return n
}

// checkStop: never before a dependant that is to stop, and at the end before none.
func (l *life) checkStop(p *proc) {
	n := l.m.nodes[p.ID]
	if n == nil {
		return
	}
	for _, in := range n.in {
		for _, u := range in.gate.users {
			// What was told to stop after this stop was decided does not count.
			if u.leaving() && u.seq < n.seq || l.ending && !u.facts.State.IsStopped() {
				l.fail("stop of %s before %s", p, u.name)
			}
		}
	}
}

// check compares every count of the Machine with what it counts, and sees to it that
// nothing waits without a cause.
func (l *life) check() {
	l.audit()
	for id := range l.pending {
		n := l.m.nodes[id]
		if n == nil || !n.want.set() && !n.again.set() {
			l.fail("the start of %s has no answer", l.byID(id))
		}
	}
	for _, n := range l.m.byID() {
		w := n.want
		if n.eligible() && (l.m.MaxStarting == 0 || l.starting() < l.m.MaxStarting || !n.queued) {
			l.fail("%s waits for nothing", n.name)
		}
		if w.set() != (l.m.Waiting(n.id) != "") || w.set() && n.said == "" {
			l.fail("%s: waiting is %q, said %q", n.name, l.m.Waiting(n.id), n.said)
		}
		if n.leave == pending && n.block == 0 {
			l.fail("the stop of %s waits for nothing", n.name)
		}
		for _, g := range n.needs {
			if w.Deps && !g.open {
				l.checkHope(n, g)
			}
		}
		if n.owes && n.shut == 0 && n.leave == staying {
			l.fail("%s owes a restart", n.name)
		}
	}
}

// checkHope: a start that somebody waits for must have failed if what it needs will not get
// there.
func (l *life) checkHope(n *node, g *gate) {
	if len(g.place.members) == 0 {
		l.fail("%s waits in vain for %s", n.name, g.Need)
	}
	for _, d := range g.place.members {
		if !d.fulfils(g.Condition) && (d.hopeless() || d.want.set() && d.want.Asked == "") {
			l.fail("%s waits in vain for %s", n.name, d.name)
		}
	}
}

func (l *life) audit() {
	m := &l.m
	for _, at := range m.places {
		for _, g := range at.gates {
			unmet, askers, leaving := 0, 0, 0
			for _, d := range at.members {
				if !d.fulfils(g.Condition) {
					unmet++
				}
			}
			for _, u := range g.users {
				if u.want.Deps {
					askers++
				}
				if u.leaving() {
					leaving++
				}
			}
			if unmet != g.unmet || askers != g.askers || leaving != g.leaving || g.open != (unmet == 0 && len(at.members) > 0) {
				l.fail("gate %s: unmet %d (%d), askers %d (%d), leaving %d (%d), open %v",
					g.Need, g.unmet, unmet, g.askers, askers, g.leaving, leaving, g.open)
			}
		}
	}
	for _, n := range m.nodes {
		shut, block := 0, 0
		for _, g := range n.needs {
			if !g.open {
				shut++
			}
		}
		for _, in := range n.in {
			if in.gate.leaving > 0 {
				block++
			}
		}
		if shut != n.shut || block != n.block {
			l.fail("%s: shut %d (%d), block %d (%d)", n.name, n.shut, shut, n.block, block)
		}
	}
}

// quiet lets everything succeed until nothing happens any more. Then only what waits for
// something that nobody starts may still wait.
func (l *life) quiet() {
	for range 200 {
		before := l.log.Len()
		for _, p := range slices.Clone(l.procs) {
			f := p.Facts
			switch {
			case f.State == process.Starting:
				f = Facts{State: process.Running, Child: true, Healthy: true}
			case f.State == process.Running && p.Oneshot:
				f = Facts{State: process.Exited, Expected: true}
			case f.State == process.Running:
				f.Healthy = true
			case f.State == process.Stopping:
				f = Facts{}
			case (f.State == process.Backoff || f.Restarts) && !l.pending[p.ID] && !l.barred(p):
				l.pending[p.ID] = true
				l.call(l.m.Start([]ID{p.ID}, Request{Reason: "autorestart"}))
				l.note("again: %s", p)
				continue
			}
			if f != p.Facts {
				l.now(p, f)
				l.call(nil)
				l.note("%s is %+v", p, f)
			}
		}
		l.check()
		if l.log.Len() == before {
			l.checkQuiet()
			return
		}
	}
	l.fail("it does not come to rest")
}

func (l *life) barred(p *proc) bool {
	n := l.m.nodes[p.ID]
	return n != nil && n.barred
}

func (l *life) checkQuiet() {
	for _, n := range l.m.byID() {
		if n.leave != staying {
			l.fail("the stop of %s never comes", n.name)
		}
		for _, o := range l.m.Obstacles(n.id, 1000) {
			d := l.m.nodes[o.ID]
			lasting := o.ID == 0 || d.hopeless() || d.want.set() || o.State == process.Running && !o.Condition.up()
			if !lasting {
				l.fail("%s waits for %s, which does nothing (%s)", n.name, o.Name, o.State)
			}
		}
	}
}

// shutdown ends everything as the loop does: group by group.
func (l *life) shutdown() {
	for range 3 { // let some of it run
		l.ask("start", l.some(), Request{Mode: WithDependencies})
		for _, p := range l.procs {
			l.happen(p)
		}
	}
	l.call(l.m.End())
	l.ending = true
	l.note("end")
	if len(l.pending) > 0 {
		l.fail("starts without an answer at the end: %v", l.pending)
	}
	for _, first := range slices.Backward(l.procs) {
		var ids []ID
		for _, p := range l.procs {
			if p.spec.Group == first.spec.Group {
				ids = append(ids, p.ID)
			}
		}
		l.call(l.m.Stop(ids, "shutdown"))
		l.note("stop group %s", first.spec.Group)
		for range 50 {
			l.audit()
			for _, i := range l.rnd.Perm(len(l.procs)) {
				if p := l.procs[i]; p.Facts.State == process.Stopping {
					l.now(p, Facts{})
					l.call(nil)
					l.note("%s is gone", p)
				}
			}
		}
		for _, id := range ids {
			if p := l.byID(id); !p.Facts.State.IsStopped() {
				l.fail("%s is %s at the end", p, p.Facts.State)
			}
		}
	}
}
