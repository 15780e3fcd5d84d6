package supervisor

import (
	"context"
	"errors"

	"reeve/config"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/plan"
)

// Plan is what the configuration file means for each process now; PlanEntry is the part of
// one of them.
type (
	Plan       = plan.Plan
	PlanEntry  = plan.Entry
	PlanAction = plan.Action
	// UnknownGroupError says that there is no group of that name to plan for.
	UnknownGroupError = plan.UnknownError
)

// Unplanned is the action for a process that a plan leaves alone.
const Unplanned = plan.None

// Updater puts a changed configuration in force process by process.
type Updater struct{ s *Supervisor }

// UpdaterOf returns the Updater of s.
func UpdaterOf(s *Supervisor) Updater { return Updater{s} }

// Plan reads the configuration and returns what it means for the groups named, or for all;
// nothing changes. Errors: *RereadError, *UnknownGroupError, ErrEnding.
func (u Updater) Plan(ctx context.Context, groups ...string) (Plan, error) {
	cfg, _, err := u.s.readConfig(ctx)
	if err != nil {
		return nil, err
	}
	r := planRequest{cfg, groups, newReply[Plan]()}
	return ask(ctx, u.s, r, r.reply)
}

// Update reads the configuration and does what Plan says. It returns that plan when what
// had to stop has stopped and what is to start was asked to; a Problem says what could not
// be done for a process. If the error is not nil, nothing was changed: *RereadError,
// *UnknownGroupError, *FailedError (files or sockets that can't be made, a circle of
// dependencies, a start that hangs), ErrEnding; but ErrEnding also comes when the daemon's
// end has begun meanwhile.
func (u Updater) Update(ctx context.Context, groups ...string) (Plan, error) {
	return u.updateAfter(ctx, groups, 0)
}

// updateAfter is Update, at the end of a roll: nothing that would start again is left to do.
func (u Updater) updateAfter(ctx context.Context, groups []string, roll uint64) (Plan, error) {
	for {
		p, err := u.update(ctx, groups, roll)
		if !errors.Is(err, errOutdated) || ctx.Err() != nil {
			return p, err
		}
	}
}

// update reads and prepares once, or returns errOutdated. If the client leaves, what was
// prepared must not stay: so the rest runs without the client's context.
func (u Updater) update(ctx context.Context, groups []string, roll uint64) (Plan, error) {
	begun := u.s.rereads.Add(1)
	cfg, used, err := u.s.readConfig(ctx)
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	look := updateRequest{cfg, used, begun, groups, roll, nil, newReply[updated]()}
	first, err := ask(ctx, u.s, look, look.reply)
	if err != nil {
		return nil, err
	}
	n := first.needs
	n.prepare(u.s)
	do := updateRequest{cfg, used, begun, groups, roll, n, newReply[updated]()}
	last, err := ask(ctx, u.s, do, do.reply)
	if err != nil {
		for _, logs := range n.logs {
			logs.Remove()
		}
	}
	return last.plan, err
}

type (
	planRequest struct {
		config *config.Config
		groups []string
		reply  reply[Plan]
	}
	updateRequest struct {
		config *config.Config
		used   *[]config.Scale // as of a rereadRequest
		begun  uint64
		groups []string
		ends   uint64  // the roll that it is the end of
		made   *needed // prepared; nil asks what to prepare
		reply  reply[updated]
	}
	updated struct {
		needs *needed
		plan  Plan
	}
	// needed is what has to exist before a plan can be carried out: logs, by group, and
	// sockets that can be opened.
	needed struct {
		processes map[string][]*config.Process
		sockets   launch.Trial
		logs      map[string]*launch.GroupLogs
		failed    error
	}
)

// prepare makes what is needed. It waits for the disk.
func (n *needed) prepare(s *Supervisor) {
	n.logs = map[string]*launch.GroupLogs{}
	for group, processes := range n.processes {
		logs, err := s.tryLogs(processes)
		if err != nil {
			n.failed = err
			return
		}
		n.logs[group] = logs
	}
	n.failed = n.sockets.Open()
}

// covers reports whether everything that another plan needs was prepared.
func (n *needed) covers(o *needed) bool {
	for group, processes := range o.processes {
		for _, p := range processes {
			if n.logs[group] == nil {
				return false
			}
			if _, has := n.logs[group].Paths[p.Name]; !has {
				return false
			}
		}
	}
	return true
}

// neededBy returns what a plan needs.
func neededBy(p Plan) *needed {
	n := &needed{processes: map[string][]*config.Process{}}
	for i := range p {
		e := &p[i]
		was, is := e.Config()
		if is == nil || was != nil && was.Stdout == is.Stdout && was.Stderr == is.Stderr && !e.Moved() {
			continue
		}
		if was != nil && !e.Moved() { // the file of an AUTO log that stays is kept
			kept := *is
			kept.Stdout.Auto = is.Stdout.Auto && !was.Stdout.Auto
			kept.Stderr.Auto = is.Stderr.Auto && !was.Stderr.Auto
			is = &kept
		}
		n.processes[e.Group] = append(n.processes[e.Group], is)
	}
	return n
}
