package rpc

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"reeve/rpc/api"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// Roller restarts processes a few at a time. supervisor.Roller is one.
type Roller interface {
	Restart(ctx context.Context, names []supervisor.Name, o supervisor.RollOptions) (supervisor.RollInfo, error)
	Update(ctx context.Context, groups []string, o supervisor.RollOptions) (supervisor.RollInfo, error)
	All(ctx context.Context) ([]supervisor.RollInfo, error)
	Wait(ctx context.Context, id uint64, seen int) (supervisor.RollInfo, error)
	Abort(ctx context.Context, id uint64, revert bool) error
}

func (s *Server) rollRestart(ctx context.Context, args Args) (any, error) {
	texts, err := args.strings(0)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, faultText(api.BadName, "no names")
	}
	o, err := args.rollOptions(1)
	if err != nil {
		return nil, err
	}
	var names []supervisor.Name
	for _, text := range texts {
		t := parseTarget(text)
		if t.group {
			t.Process = ""
		}
		names = append(names, t.Name)
	}
	i, err := s.roller.Restart(ctx, names, o)
	if unknown, ok := errors.AsType[*supervisor.UnknownNameError](err); ok {
		return nil, faultText(api.BadName, texts[unknown.Index])
	}
	return rolled(i, 0)(err)
}

func (s *Server) rollUpdate(ctx context.Context, args Args) (any, error) {
	groups, err := args.strings(0)
	if err != nil {
		return nil, err
	}
	o, err := args.rollOptions(1)
	if err != nil {
		return nil, err
	}
	i, err := s.roller.Update(ctx, groups, o)
	if unknown, ok := errors.AsType[*supervisor.UnknownGroupError](err); ok {
		return nil, faultText(api.BadName, unknown.Name)
	}
	return rolled(i, 0)(err)
}

func (s *Server) getRolls(ctx context.Context, _ Args) (any, error) {
	all, err := s.roller.All(ctx)
	if err != nil {
		return nil, faultOf(err, "")
	}
	rolls := make(api.Rolls, len(all))
	for i := range all {
		rolls[i] = *rollOf(all[i], 0)
	}
	return rolls, nil
}

func (s *Server) awaitRoll(ctx context.Context, args Args) (any, error) {
	id, err := args.int(0)
	if err != nil {
		return nil, err
	}
	seen := int64(0)
	if len(args) > 1 {
		if seen, err = args.int(1); err != nil {
			return nil, err
		}
	}
	seen = min(max(seen, 0), math.MaxInt32)
	i, err := s.roller.Wait(ctx, uint64(max(id, 0)), int(seen))
	return rolled(i, int(seen))(rollFault(err, id))
}

func (s *Server) abortRoll(ctx context.Context, args Args) (any, error) {
	id, err := args.int(0)
	if err != nil {
		return nil, err
	}
	return done(rollFault(s.roller.Abort(ctx, uint64(max(id, 0)), args.bool(1, false)), id), "")
}

func rollFault(err error, id int64) error {
	if errors.Is(err, supervisor.ErrNoSuchRoll) {
		return faultText(api.BadName, "no roll "+strconv.FormatInt(id, 10))
	}
	return err
}

func rolled(i supervisor.RollInfo, seen int) func(error) (any, error) {
	return func(err error) (any, error) {
		if err != nil {
			return nil, faultOf(err, "")
		}
		return rollOf(i, seen), nil
	}
}

// rollOf shows a roll, without the first seen notes.
func rollOf(i supervisor.RollInfo, seen int) *api.Roll {
	r := &api.Roll{ID: int(i.ID), Update: i.Update, Groups: i.Groups, State: i.State, Over: i.Over, Reason: i.Reason}
	for _, m := range i.Members {
		r.Members = append(r.Members, api.RollMember(m))
	}
	for _, n := range i.Notes[min(seen, len(i.Notes)):] {
		r.Notes = append(r.Notes, api.RollNote{At: int(n.At.Unix()), Text: n.Text})
	}
	return r
}

// strings returns argument i, an array of texts.
func (a Args) strings(i int) ([]string, error) {
	if i >= len(a) {
		return nil, nil
	}
	list, ok := a[i].([]any)
	if !ok {
		return nil, fault(api.IncorrectParameters)
	}
	var texts []string
	for _, v := range list {
		text, ok := v.(string)
		if !ok {
			return nil, fault(api.IncorrectParameters)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// rollOptions returns argument i, a struct in which what is left out has its default.
func (a Args) rollOptions(i int) (o supervisor.RollOptions, err error) {
	most := -1
	o.Batch = 1
	var options xmlrpc.Struct
	if i < len(a) {
		var ok bool
		if options, ok = a[i].(xmlrpc.Struct); !ok {
			return o, fault(api.IncorrectParameters)
		}
	}
	for _, m := range options {
		ok := false
		switch m.Name {
		case "batch":
			o.Batch, ok = count(m.Value)
		case "max_unavailable":
			most, ok = count(m.Value)
		case "surge":
			o.Surge, ok = count(m.Value)
		case "wait_healthy":
			o.Wait, ok = patience(m.Value)
		case "revert":
			o.Revert, ok = m.Value.(bool)
		}
		if !ok {
			return o, faultText(api.IncorrectParameters, m.Name)
		}
	}
	if o.MaxUnavailable = most; most < 0 {
		o.MaxUnavailable = supervisor.MaxUnavailable(o.Batch, o.Surge)
	}
	return o, nil
}

// count returns a number that is not negative.
func count(v any) (int, bool) {
	n, ok := v.(int64)
	return int(n), ok && n >= 0 && n <= math.MaxInt32
}

// patience returns a time of more than no seconds.
func patience(v any) (time.Duration, bool) {
	f, ok := v.(float64)
	if n, whole := v.(int64); whole {
		f, ok = float64(n), true
	}
	d := time.Duration(f * float64(time.Second))
	return d, ok && f > 0 && f <= math.MaxInt32
}
