package rpc

import (
	"context"
	"errors"

	"reeve/rpc/api"
	"reeve/supervisor"
)

// Updater puts a changed configuration in force process by process. supervisor.Updater is
// one.
type Updater interface {
	Plan(ctx context.Context, groups ...string) (supervisor.Plan, error)
	Update(ctx context.Context, groups ...string) (supervisor.Plan, error)
}

func (s *Server) getPlan(ctx context.Context, args Args) (any, error) {
	return s.planned(args, func(groups []string) (supervisor.Plan, error) { return s.updater.Plan(ctx, groups...) })
}

func (s *Server) update(ctx context.Context, args Args) (any, error) {
	return s.planned(args, func(groups []string) (supervisor.Plan, error) { return s.updater.Update(ctx, groups...) })
}

// planned carries out a call whose argument is a list of groups, perhaps an empty one.
func (s *Server) planned(args Args, call func(groups []string) (supervisor.Plan, error)) (any, error) {
	groups, err := args.strings(0)
	if err != nil {
		return nil, err
	}
	if s.updater == nil {
		return nil, faultText(api.Failed, "this daemon can't be updated")
	}
	p, err := call(groups)
	if unknown, ok := errors.AsType[*supervisor.UnknownGroupError](err); ok {
		return nil, faultText(api.BadName, unknown.Name)
	}
	if err != nil {
		return nil, faultOf(err, "")
	}
	return planOf(p), nil
}

func planOf(p supervisor.Plan) api.Plan {
	all := make(api.Plan, len(p))
	for i, e := range p {
		all[i] = api.PlanEntry{
			Name: e.Process, Group: e.Group, Action: e.Action.String(), Reason: e.Reason, Origin: e.Origin, Problem: e.Problem,
		}
		for _, k := range e.Keys {
			all[i].Keys = append(all[i].Keys, api.PlanKey{
				Key: k.Key, Section: k.Section, Old: k.Old, New: k.New, Change: k.Change.String(), Origin: k.Origin,
			})
		}
	}
	return all
}
