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
	return results("")(s.sup.StartAll(ctx, args.bool(0, true), args.alone(1)...))
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

// signalGroup signals a group that the caller called text.
func (s *Server) signalGroup(ctx context.Context, group, text string, args Args) (any, error) {
	sig, bad := args.signal(1)
	return results(text)(refuse(bad)(s.sup.SignalGroup(ctx, group, sig)))
}

func (s *Server) signalAllProcesses(ctx context.Context, args Args) (any, error) {
	sig, bad := args.signal(0)
	return results("")(refuse(bad)(s.sup.SignalAll(ctx, sig)))
}

// refuse returns a function that puts the fault of a bad signal into every result,
// because upstream checks the signal once per process that could be signalled (fact 242,
// results of group calls). Sending NoSignal lists those processes. A value that cannot be
// a signal is not a result but the fault of the whole call. Like upstream's check, this
// has no effect when there is no process.
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

// results returns a function that turns the outcome of a request on several processes
// into status structs (fact 242, results of group calls). text is the name as the caller
// gave it.
func results(text string) func([]supervisor.Result, error) (any, error) {
	return func(rs []supervisor.Result, err error) (any, error) {
		if err != nil {
			return nil, faultOf(err, text)
		}
		all := make(api.Results, len(rs))
		for i, r := range rs {
			all[i] = api.Result{Name: r.Process, Group: r.Group, Status: api.Success, Description: "OK"}
			f := faultOf(r.Err, fullName(r.Name))
			if f == handedOver {
				return nil, f
			}
			if f != nil {
				all[i].Status, all[i].Description = f.Code, f.Text
			}
		}
		return all, nil
	}
}
