package supervisor

import (
	"errors"
	"slices"
	"strings"

	"reeve/config"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/internal/standin"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

// Some event listeners are plug-ins in Python that start programs in order
// (order.PluginOf). The command of such a listener is run as it is. If that turns out to be
// impossible, a stand-in takes its place in the same start, a process that only
// acknowledges events, and the loop does the work while that process is RUNNING: it asks
// for the tasks of the plug-in's plan, and closes the stand-in's stdin after the last one.
//
// The plug-in is sent no event before it is RUNNING either, but is sent those of before:
// this is why a child knows all states that it has reached.

// plugin is what makes a listener one of the plug-ins. The zero value is another child's.
type plugin struct {
	kind   order.Plugin
	strict bool
	native bool // a stand-in runs, or is to be started next
}

func pluginOf(g *group, cfg *config.Process) (p plugin) {
	if g.config.Listener != nil {
		p.kind, p.strict = config.PluginOf(cfg.Command)
	}
	return p
}

// plans are what stand-ins have to do: the tasks that wait, of all of them.
type plans struct{ tasks map[order.ID]task }

// task is one of them. The one without a program is the stand-in's end.
type task struct {
	of *child
	order.Task
}

// The exit statuses with which Python or a shell says that there is nothing to run: an
// import failed, no such script, it can't be executed, no such interpreter. The plug-ins'
// own errors have others.
var cannotRun = []int{1, 2, 126, 127}

// foiled reports whether the child of a plug-in ended because it can't be run: it never got
// as far as the event protocol.
func (c *child) foiled(e process.Exit) bool {
	return c.plugin.kind != order.NoPlugin && !c.plugin.native && c.machine.State != stopping &&
		e.Signal == 0 && slices.Contains(cannotRun, e.Code) && c.listener.Fresh()
}

// missing reports whether a plug-in could not be started because there is no such command.
func (c *child) missing(err error) bool {
	e, ok := errors.AsType[*spawn.StartError](err)
	return ok && (e.Kind == spawn.NoFile || e.Kind == spawn.NotExecutable) &&
		c.plugin.kind != order.NoPlugin && !c.plugin.native && c.machine.State == starting
}

// takeOver has the next child of c be a stand-in.
func (p *plans) takeOver(l *loop, c *child, why string) {
	c.plugin.native = true
	l.log(process.Warn, "'"+c.config.Name+"' cannot be run ("+why+"); supervisord starts the programs in order itself")
}

// exited reports an exit to the machine. That of a plug-in which can't be run ends its
// start only if it is too late for a stand-in.
func (p *plans) exited(l *loop, c *child, e process.Exit) []process.Effect {
	switch {
	case c.foiled(e):
		p.takeOver(l, c, e.String())
		if c.machine.State == starting {
			return c.machine.Again(l.now)
		}
	case c.plugin.native:
		defer func() { c.plugin.native = false }() // next time its command is tried again
	}
	return c.machine.Exited(l.now, e)
}

// stand changes a start into that of the stand-in.
func (p *plans) stand(l *loop, c *child, spec *spawn.Spec) {
	o := standin.Options{Bytes: c.group.config.Listener.LengthInBytes}
	plan, err := c.plan(l.groups.config)
	if err != nil {
		o.Status = 3 // as the plug-in
		l.log(process.Error, "'"+c.config.Name+"' starts nothing: "+err.Error())
	}
	for _, text := range plan.Warnings {
		l.log(process.Warn, text)
	}
	spec.Own, spec.Argv = true, o.Argv()
}

func (c *child) plan(cfg *config.Config) (order.Plan, error) {
	return c.plugin.kind.Plan(c.plugin.strict, cfg.InOrder)
}

// pursue begins or ends the work of a stand-in, which follows its transitions.
func (p *plans) pursue(l *loop, c *child, change process.Changed) {
	switch {
	case !c.plugin.native:
	case change.To == running:
		p.begin(l, c)
	case change.From == running:
		p.end(l, c)
	}
}

func (p *plans) begin(l *loop, c *child) {
	plan, err := c.plan(l.groups.config)
	if err != nil {
		return // it ends at once
	}
	if !plan.Stays {
		plan.Tasks = append(plan.Tasks, order.Task{Needs: plan.Finished})
	}
	var batch []order.Process
	var ids []order.ID
	for _, t := range plan.Tasks {
		l.groups.born++
		id := order.ID(l.groups.born)
		p.tasks[id] = task{c, t}
		batch, ids = append(batch, order.Process{ID: id, Needs: t.Needs}), append(ids, id)
	}
	effects := l.ordering.include(batch, &l.groups)
	l.follow(append(effects, l.ordering.machine.Start(ids, order.Request{Reason: "plug-in"})...))
}

func (p *plans) end(l *loop, c *child) {
	var ids []order.ID
	for id, t := range p.tasks {
		if t.of == c {
			ids = append(ids, id)
			delete(p.tasks, id)
		}
	}
	slices.Sort(ids)
	l.follow(l.ordering.machine.Remove(ids...))
}

// perform carries out a task whose time has come.
func (p *plans) perform(l *loop, id order.ID) {
	t, ok := p.tasks[id]
	if !ok {
		return
	}
	delete(p.tasks, id)
	l.follow(l.ordering.machine.Remove(id))
	if t.Program == "" {
		t.of.listener.Broken = true // nothing more is sent
		l.streams.closeInput(t.of)
		return
	}
	var begin []*child
	for _, c := range ordered(l.groups.active...) {
		s := c.machine.State
		if c.config.Program == t.Program && c.listener == nil && !s.IsRunning() && s != process.Fatal && s != unknown {
			begin = append(begin, c)
		}
	}
	if len(begin) > 0 {
		l.log(process.Info, "'"+t.of.config.Name+"' starts "+t.Program+because(t.Needs))
		l.want(begin, process.WhyRequest, false, false)
	}
}

func because(needs []order.Need) string {
	var texts []string
	for _, n := range needs {
		texts = append(texts, n.String())
	}
	if texts == nil {
		return ""
	}
	return " after " + strings.Join(texts, " ")
}

// savedTask is a task that waits, as plain data.
type savedTask struct {
	ID   order.ID
	Of   uint64 // order of its listener
	Task order.Task
}

func (p *plans) save() (all []savedTask) {
	for id, t := range p.tasks {
		all = append(all, savedTask{id, t.of.order, t.Task})
	}
	slices.SortFunc(all, func(a, b savedTask) int { return int(a.ID) - int(b.ID) })
	return all
}

// restore returns the tasks as package order knows them.
func (p *plans) restore(all []savedTask, byOrder map[uint64]*child) (batch []order.Process) {
	for _, s := range all {
		p.tasks[s.ID] = task{byOrder[s.Of], s.Task}
		batch = append(batch, order.Process{ID: s.ID, Needs: s.Task.Needs})
	}
	return batch
}
