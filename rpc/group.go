package rpc

import (
	"context"

	"reeve/rpc/api"
	"reeve/supervisor"
)

func (s *Server) startProcessGroup(ctx context.Context, args Args) (any, error) {
	name, err := args.groupName(0)
	if err != nil {
		return nil, err
	}
	return results(name)(s.sup.StartGroup(ctx, name, args.bool(1, true)))
}

func (s *Server) startAllProcesses(ctx context.Context, args Args) (any, error) {
	return results("")(s.sup.StartAll(ctx, args.bool(0, true)))
}

func (s *Server) stopProcessGroup(ctx context.Context, args Args) (any, error) {
	name, err := args.groupName(0)
	if err != nil {
		return nil, err
	}
	return results(name)(s.sup.StopGroup(ctx, name, args.bool(1, true)))
}

func (s *Server) stopAllProcesses(ctx context.Context, args Args) (any, error) {
	return results("")(s.sup.StopAll(ctx, args.bool(0, true)))
}

func (s *Server) signalProcessGroup(ctx context.Context, args Args) (any, error) {
	name, err := args.groupName(0)
	if err != nil {
		return nil, err
	}
	return s.signalGroup(ctx, name, name, args)
}

// signalGroup signals a group that the caller named text.
func (s *Server) signalGroup(ctx context.Context, group, text string, args Args) (any, error) {
	sig, bad := args.signal(1)
	return results(text)(refuse(bad)(s.sup.SignalGroup(ctx, group, sig)))
}

func (s *Server) signalAllProcesses(ctx context.Context, args Args) (any, error) {
	sig, bad := args.signal(0)
	return results("")(refuse(bad)(s.sup.SignalAll(ctx, sig)))
}

// refuse gives the function that puts the fault of a bad signal into every result: upstream finds it out anew for each process
// that could be signalled (checklist 242). The list of those comes from sending NoSignal instead. A value
// that can't be a signal is no result but the fault of the whole call, and like all of this goes unnoticed with no process.
func refuse(bad error) func([]supervisor.Result, error) ([]supervisor.Result, error) {
	return func(rs []supervisor.Result, err error) ([]supervisor.Result, error) {
		if bad == nil || err != nil {
			return rs, err
		}
		for i := range rs {
			if faultOf(bad, "").Code == api.IncorrectParameters {
				return nil, bad
			}
			rs[i].Err = bad
		}
		return rs, nil
	}
}

// results gives the function that turns the outcome of a request on several processes into status structs (checklist 242).
// text is what the caller named.
func results(text string) func([]supervisor.Result, error) (any, error) {
	return func(rs []supervisor.Result, err error) (any, error) {
		if err != nil {
			return nil, faultOf(err, text)
		}
		all := make(api.Results, len(rs))
		for i, r := range rs {
			all[i] = api.Result{Name: r.Process, Group: r.Group, Status: api.Success, Description: "OK"}
			if f := faultOf(r.Err, fullName(r.Name)); f != nil {
				all[i].Status, all[i].Description = f.Code, f.Text
			}
		}
		return all, nil
	}
}
