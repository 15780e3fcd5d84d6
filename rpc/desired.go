package rpc

import (
	"context"

	"reeve/rpc/api"
	"reeve/supervisor"
)

// Desired changes what is to hold after the daemon's end as well.
type Desired interface {
	Enable(ctx context.Context, n supervisor.Name) error
	EnableGroup(ctx context.Context, group string) ([]supervisor.Result, error)
	Disable(ctx context.Context, n supervisor.Name) error
	DisableGroup(ctx context.Context, group string) ([]supervisor.Result, error)
	Scale(ctx context.Context, name string, count int, wait bool) ([]supervisor.Result, error)
}

func (s *Server) enable(ctx context.Context, args Args) (any, error) {
	t, err := args.target(0)
	if err != nil {
		return nil, err
	}
	if t.group {
		return results(t.text)(s.desired.EnableGroup(ctx, t.Group))
	}
	return done(s.desired.Enable(ctx, t.Name), t.text)
}

func (s *Server) disable(ctx context.Context, args Args) (any, error) {
	t, err := args.target(0)
	if err != nil {
		return nil, err
	}
	if t.group {
		return results(t.text)(s.desired.DisableGroup(ctx, t.Group))
	}
	return done(s.desired.Disable(ctx, t.Name), t.text)
}

// scale answers with what has become of each process that came or went.
func (s *Server) scale(ctx context.Context, args Args) (any, error) {
	name, ok := args[0].(string)
	if !ok {
		return nil, fault(api.IncorrectParameters)
	}
	count, ok := args[1].(int64)
	if !ok || int64(int(count)) != count {
		return nil, fault(api.IncorrectParameters)
	}
	rs, err := s.desired.Scale(ctx, name, int(count), args.bool(2, true))
	value, err := results(name)(rs, err)
	if err != nil {
		return nil, err
	}
	all := value.(api.Results)
	for i := range all {
		switch {
		case all[i].Status != api.Success:
		case rs[i].Stop:
			all[i].Description = "stopped"
		default:
			all[i].Description = "started"
		}
	}
	return all, nil
}
