package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"reeve/config"
	"reeve/supervisor/internal/launch"
)

// Roller restarts processes a few at a time, each batch when the one before is available
// again: RUNNING, and healthy if its health is checked.
type Roller struct{ s *Supervisor }

// RollerOf returns the Roller of s.
func RollerOf(s *Supervisor) Roller { return Roller{s} }

// RollOptions say how a roll proceeds.
type RollOptions struct {
	Batch          int           // as many at once, at most; at least 1
	MaxUnavailable int           // as many may be unavailable because of the roll; 0 needs Surge
	Surge          int           // as many extra processes while it lasts; only for one program
	Wait           time.Duration // a batch has that time to be available; 0: see DefaultRollWait
	Revert         bool          // an update that fails goes back to the old values
}

// DefaultRollWait is how long a batch has to be available, and as long as its checks may
// take on top.
const DefaultRollWait = time.Minute

// MaxUnavailable is as many as may be unavailable if nobody says how many: a batch, or
// what extra processes don't make up for.
func MaxUnavailable(batch, surge int) int { return max(batch-surge, 0) }

// Check returns why a roll can't proceed so.
func (o *RollOptions) Check(update bool) error {
	text := ""
	switch {
	case o.Batch < 1:
		text = fmt.Sprintf("batch has to be at least 1, not %d", o.Batch)
	case o.Surge < 0:
		text = fmt.Sprintf("surge can't be %d", o.Surge)
	case o.MaxUnavailable < 0:
		text = fmt.Sprintf("max_unavailable can't be %d", o.MaxUnavailable)
	case o.MaxUnavailable == 0 && o.Surge == 0:
		text = "max_unavailable can't be 0 without surge: nothing could be restarted"
	case o.Wait < 0:
		text = fmt.Sprintf("wait_healthy can't be %s", o.Wait)
	case o.Revert && !update:
		text = "revert is for updates: a restart has nothing to go back to"
	default:
		return nil
	}
	return &FailedError{text}
}

// Restart begins a roll that restarts the processes named that run, are starting, or are
// FATAL; others are left as they are. A Name without Process means its group. It returns
// when the roll has begun. Errors: *UnknownNameError, ErrEnding, *RereadError with Surge,
// and a *FailedError that says why there can be no such roll.
func (r Roller) Restart(ctx context.Context, names []Name, o RollOptions) (RollInfo, error) {
	return r.begin(ctx, rollRequest{names: names, options: o})
}

// Update reads the configuration and begins a roll that puts it in force: what has to be
// restarted is, a few at a time; when all that is available, what else has changed follows
// as in Updater.Update. Errors are those of Updater.Update.
func (r Roller) Update(ctx context.Context, groups []string, o RollOptions) (RollInfo, error) {
	return r.begin(ctx, rollRequest{update: true, groups: groups, options: o})
}

// begin has a roll prepared and carried out, as often as what it was prepared for changes.
func (r Roller) begin(ctx context.Context, q rollRequest) (RollInfo, error) {
	if err := q.options.Check(q.update); err != nil {
		return RollInfo{}, err
	}
	for {
		i, err := r.try(ctx, q)
		if !errors.Is(err, errOutdated) || ctx.Err() != nil {
			return i, err
		}
	}
}

// try prepares a roll and begins it, or returns errOutdated. If the client leaves, what
// was prepared must not stay: so the second part runs without the client's context.
func (r Roller) try(ctx context.Context, q rollRequest) (i RollInfo, err error) {
	if q.begun = r.s.rereads.Add(1); q.update {
		if q.config, q.used, err = r.s.readConfig(ctx); err != nil {
			return i, err
		}
	}
	q.reply = newReply[rolled]()
	first, err := ask(ctx, r.s, q, q.reply)
	if err != nil {
		return i, err
	}
	made := first.made
	if q.options.Surge > 0 {
		if err := r.extra(ctx, &q, made); err != nil {
			return i, err
		}
	}
	made.logs = map[string]*launch.GroupLogs{}
	for group, processes := range made.needs.processes {
		if made.logs[group], err = r.s.tryLogs(processes); err != nil {
			break
		}
	}
	if err == nil {
		q.made, q.reply = made, newReply[rolled]()
		var last rolled
		last, err = ask(context.WithoutCancel(ctx), r.s, q, q.reply)
		i = last.info
	}
	if err != nil && !errors.Is(err, ErrHandedOver) {
		for _, logs := range made.logs {
			logs.Remove()
		}
		if _, known := errors.AsType[*FailedError](err); !known && !errors.Is(err, errOutdated) && !errors.Is(err, ErrEnding) {
			err = &FailedError{err.Error()}
		}
	}
	return i, err
}

// extra reads how extra processes of the program are configured.
func (r Roller) extra(ctx context.Context, q *rollRequest, made *rollMade) error {
	refused := func(reason string) error {
		return &FailedError{fmt.Sprintf("cannot add %d processes: %s", q.options.Surge, reason)}
	}
	scale := config.Scale{Group: made.group.config.Name, Program: made.program, Count: made.count + q.options.Surge, Asked: true}
	cfg, used, err := r.s.readConfig(ctx, scale)
	if err != nil {
		return err
	}
	if made.used = used; q.update && used != q.used {
		return errOutdated
	}
	if i := slices.IndexFunc(cfg.Unscaled, func(u config.Unscaled) bool { return u.Scale == scale }); i >= 0 {
		return refused(cfg.Unscaled[i].Reason)
	}
	i := slices.IndexFunc(cfg.Groups, func(g *config.Group) bool { return g.Name == scale.Group })
	if i < 0 {
		return refused("the configuration no longer has the group")
	}
	if !q.update {
		if _, same := config.Reshaped(made.active, cfg.Groups[i], made.program); !same {
			return refused("the configuration of group " + scale.Group + " has changed; roll an update instead")
		}
	}
	for _, p := range cfg.Groups[i].Processes {
		if p.Program == made.program && !slices.Contains(made.names, p.Name) {
			made.extra = append(made.extra, p)
		}
	}
	if len(made.extra) != q.options.Surge {
		return refused("their numbers are in use")
	}
	made.needs.processes[scale.Group] = append(made.needs.processes[scale.Group], made.extra...)
	return nil
}

// All returns the rolls under way and the last ones that have ended, the oldest first.
func (r Roller) All(ctx context.Context) ([]RollInfo, error) {
	q := rollsRequest{newReply[[]RollInfo]()}
	return ask(ctx, r.s, q, q.reply)
}

// Wait returns a roll when it has more notes than seen, or is over. The error is
// ErrNoSuchRoll.
func (r Roller) Wait(ctx context.Context, id uint64, seen int) (RollInfo, error) {
	q := rollWait{id, seen, newReply[RollInfo]()}
	return ask(ctx, r.s, q, q.reply)
}

// Abort stops a roll: no further batch is begun. With revert an update goes back to the old
// values. Errors: ErrNoSuchRoll, and a *FailedError if it is too late.
func (r Roller) Abort(ctx context.Context, id uint64, revert bool) error {
	q := rollAbort{id, revert, newReply[none]()}
	_, err := ask(ctx, r.s, q, q.reply)
	return err
}
