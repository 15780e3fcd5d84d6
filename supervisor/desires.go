package supervisor

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"reeve/config"
	"reeve/supervisor/internal/desired"
	"reeve/supervisor/process"
)

// stateFile is where the desired state is kept. Put does not block.
type stateFile interface {
	Read() desired.State
	Put(s *desired.State)
	Settle(ctx context.Context) error
}

// desires is the desired state as the loop keeps to it: who is disabled or was stopped by
// hand does not start by itself, and each reading of the configuration has as many
// processes as was asked for.
type desires struct {
	file  stateFile
	state desired.State
	// scales are those of state, for readers of the configuration; nil: there are none. It
	// is replaced when they change.
	scales  *scales
	changes uint64 // so far
	// byGroup are the processes that the last stop of a whole group has stopped. `update`
	// stops a group before it removes it, which is not meant to last: what follows such a
	// stop at once, the removal, takes it back.
	byGroup map[string][]string
}

// scales are those of the desired state for readers of the configuration.
type scales = atomic.Pointer[[]config.Scale]

// read begins with what the file says, and returns the configuration with that: opt's, or
// if something is scaled another reading of it.
func (d *desires) read(opt *Options) *config.Config {
	cfg := opt.Config
	if d.state = d.file.Read(); len(d.state.Scaled) == 0 {
		return cfg
	}
	d.publish()
	scaled, err := opt.Reread(*d.scales.Load()...)
	if err != nil {
		opt.Log.Log(process.Error, "cannot scale programs as before: "+config.LogText(err))
		return cfg
	}
	d.unscale(scaled, opt.Log)
	return scaled
}

// publish shows the scales to readers of the configuration.
func (d *desires) publish() {
	var all []config.Scale
	for _, s := range d.state.Scaled {
		all = append(all, config.Scale{Group: s.Group, Program: s.Program, Count: s.Count, NumProcs: s.NumProcs})
	}
	if d.scales.Store(nil); all != nil {
		d.scales.Store(&all)
	}
}

// save has the file written. It is called after each change.
func (d *desires) save() {
	d.changes++
	d.file.Put(&d.state)
}

// scale notes a scale. One to what the configuration says is none.
func (d *desires) scale(to desired.Scale) {
	before := slices.Clone(d.state.Scaled)
	if to.Count == to.NumProcs {
		d.state.Unscale(to.Group, to.Program)
	} else {
		d.state.Scale(to)
	}
	if !slices.Equal(before, d.state.Scaled) {
		d.publish()
		d.save()
	}
}

// unscale forgets the scales that a configuration does not follow any more.
func (d *desires) unscale(cfg *config.Config, log MainLog) {
	gone := false
	for _, u := range cfg.Unscaled {
		if d.state.Unscale(u.Group, u.Program) {
			gone = true
			log.Log(process.Warn, fmt.Sprintf("program %s of group %s is no longer scaled to %d: %s", u.Program, u.Group, u.Count, u.Reason))
		}
	}
	if gone {
		d.publish()
		d.save()
	}
}

// hold keeps new processes from starting by themselves that are not to.
func (d *desires) hold(children []*child) {
	d.mark(children)
	for _, c := range children {
		if c.told.disabled || c.told.stays && c.config.KeepStopped {
			c.machine.Waived = true
		}
	}
}

// told is what the desired state says of a process.
type told struct {
	disabled bool // it does not start by itself
	stays    bool // it was stopped by hand; this counts if it has keep_stopped
	scaled   Scaled
}

// mark has processes know what the desired state says of them, and reports whether that is
// news.
func (d *desires) mark(children []*child) (news bool) {
	for _, c := range children {
		group, was := c.group.config.Name, c.told
		c.told = told{
			disabled: len(d.state.Disabled) > 0 && !d.state.Enabled(group, c.config.Name),
			stays:    len(d.state.Stopped) > 0 && d.state.StayStopped(group, c.config.Name),
		}
		if s, found := d.state.ScaleOf(group, c.config.Program); found {
			c.told.scaled = Scaled{s.Program, s.Count, s.NumProcs}
		}
		if c.told != was {
			c.seen, news = nil, true
		}
	}
	return news
}

// used notes that a configuration is in force: some scales may hold no longer.
func (d *desires) used(l *loop, cfg *config.Config) {
	d.unscale(cfg, l.opt.Log)
	if d.mark(l.groups.roster) {
		l.readers.invalidate()
	}
}

// stopped notes that a caller has asked processes to stop; target is what was named.
func (d *desires) stopped(t target, children []*child) {
	whole := !t.all && !t.single()
	if _, has := d.byGroup[t.group]; whole && has {
		delete(d.byGroup, t.group)
		d.changes++
	}
	changed := false
	for _, c := range children {
		if !c.config.KeepStopped || !d.state.Stop(c.group.config.Name, c.config.Name) {
			continue
		}
		changed, c.told.stays = true, true
		if whole {
			if d.byGroup == nil {
				d.byGroup = map[string][]string{}
			}
			d.byGroup[t.group] = append(d.byGroup[t.group], c.config.Name)
		}
	}
	if changed {
		d.save()
	}
}

// started notes that a process starts, whoever asked for that.
func (d *desires) started(c *child) {
	if len(d.state.Stopped) > 0 && d.state.Start(c.group.config.Name, c.config.Name) {
		c.told.stays = false
		d.save()
	}
}

// removed notes that a group is removed.
func (d *desires) removed(group string) {
	changed := false
	for _, name := range d.byGroup[group] {
		changed = d.state.Start(group, name) || changed
	}
	delete(d.byGroup, group)
	d.changes++
	if changed {
		d.save()
	}
}

// savedDesires is the desired state as a loop hands it over.
type savedDesires struct {
	State   desired.State
	ByGroup map[string][]string `json:",omitempty"`
}

func (d *desires) saved() *savedDesires {
	if d.state.Empty() && len(d.byGroup) == 0 {
		return nil
	}
	return &savedDesires{d.state, d.byGroup}
}

func (d *desires) restore(s *savedDesires, all []*child) {
	if s == nil {
		return
	}
	d.state, d.byGroup = s.State, s.ByGroup
	d.publish()
	d.mark(all)
}

// stateSettles is how long the end of a run waits for the state file.
const stateSettles = 2 * time.Second

// settle waits until the file is written, and tries once more if it was not.
func (d *desires) settle() {
	ctx, cancel := context.WithTimeout(context.Background(), stateSettles)
	defer cancel()
	if d.file.Settle(ctx) != nil {
		d.file.Put(&d.state)
		_ = d.file.Settle(ctx) // the log has said so
	}
}

// DesiredState is the handle for what is to hold after the daemon's end as well.
type DesiredState struct{ s *Supervisor }

// DesiredOf returns that handle.
func DesiredOf(s *Supervisor) DesiredState { return DesiredState{s} }

// Disable keeps processes from starting by themselves: at the start of the daemon, and when
// their group is added. Those that run go on, and all can be started by hand. If the state
// file can't be written the error is a *FailedError; the change then holds until the end of
// the daemon. Errors: ErrNoSuchGroup, ErrNoSuchProcess, ErrEnding.
func (d DesiredState) Disable(ctx context.Context, n Name) error {
	return single(d.enable(ctx, target{group: n.Group, process: n.Process}, false))
}

// DisableGroup is Disable for all processes that a group has or will have.
func (d DesiredState) DisableGroup(ctx context.Context, group string) ([]Result, error) {
	return d.enable(ctx, target{group: group}, false)
}

// Enable takes back what Disable did. It starts nothing. Its errors are those of Disable.
func (d DesiredState) Enable(ctx context.Context, n Name) error {
	return single(d.enable(ctx, target{group: n.Group, process: n.Process}, true))
}

// EnableGroup is Enable for all processes of a group.
func (d DesiredState) EnableGroup(ctx context.Context, group string) ([]Result, error) {
	return d.enable(ctx, target{group: group}, true)
}

func (d DesiredState) enable(ctx context.Context, t target, on bool) ([]Result, error) {
	r := enableRequest{t, on, newReply[[]Result]()}
	results, err := ask(ctx, d.s, r, r.reply)
	if err != nil {
		return nil, err
	}
	return results, d.kept(ctx)
}

// kept waits until the file is written.
func (d DesiredState) kept(ctx context.Context) error {
	if err := d.s.loop.desires.file.Settle(ctx); err != nil {
		return &FailedError{"this holds until the end of supervisord only: " + err.Error()}
	}
	return nil
}

type enableRequest struct {
	target target
	on     bool
	reply  reply[[]Result]
}

func (r enableRequest) serve(l *loop) {
	if refuseEnding(l, r.reply) {
		return
	}
	children, err := l.groups.resolve(r.target)
	if err != nil {
		r.reply.fail(err)
		return
	}
	g := l.groups.byName[r.target.group]
	name := r.target.process
	if !r.target.single() {
		name = desired.All
	}
	d := &l.desires
	changed := false
	if r.on {
		changed = d.state.Enable(r.target.group, name, g.names())
	} else {
		changed = d.state.Disable(r.target.group, name)
	}
	if changed {
		d.mark(g.children)
		d.save()
	}
	results := make([]Result, len(children))
	for i, c := range children {
		results[i] = Result{Name: c.name()}
		if changed {
			l.readers.changed(c)
			l.mark(c)
		}
		if !r.on && c.machine.State == process.Stopped && c.machine.Started.IsZero() && !c.wanted {
			callOff(l, c)
		}
	}
	r.reply.ok(results)
}

// callOff ends the wait of a process for its first start.
func callOff(l *loop, c *child) {
	if c.machine.Pending {
		l.dismiss("disabled", c)
	}
	c.machine.Waived = true
	l.readers.changed(c)
}

// names returns the names of the group's processes.
func (g *group) names() []string {
	all := make([]string, len(g.children))
	for i, c := range g.children {
		all[i] = c.config.Name
	}
	return all
}

// reading returns a function that reads the configuration as it is scaled now and as asked,
// and the scales that it uses.
func reading(now *scales, read func(...config.Scale) (*config.Config, error), asked []config.Scale) (func() (*config.Config, error), *[]config.Scale) {
	used := now.Load()
	all := slices.Clone(asked)
	if used != nil {
		for _, s := range *used {
			if !slices.ContainsFunc(asked, func(a config.Scale) bool { return a.Group == s.Group && a.Program == s.Program }) {
				all = append(all, s)
			}
		}
	}
	return func() (*config.Config, error) { return read(all...) }, used
}
