package rpc

import (
	"context"

	"reeve/rpc/api"
	"reeve/supervisor"
)

// startProcess checks in upstream's order (checklist 244): the name, then the command, then the state; the handle keeps the
// latter two in order.
func (s *Server) startProcess(ctx context.Context, args Args) (any, error) {
	t, err := args.target(0)
	if err != nil {
		return nil, err
	}
	wait := args.bool(1, true)
	if t.group {
		return results(t.text)(s.sup.StartGroup(ctx, t.Group, wait))
	}
	return done(s.sup.Start(ctx, t.Name, wait), t.text)
}

func (s *Server) stopProcess(ctx context.Context, args Args) (any, error) {
	t, err := args.target(0)
	if err != nil {
		return nil, err
	}
	wait := args.bool(1, true)
	if t.group {
		return results(t.text)(s.sup.StopGroup(ctx, t.Group, wait))
	}
	return done(s.sup.Stop(ctx, t.Name, wait), t.text)
}

// signalProcess looks at the signal after the name and before the state (checklist 246).
func (s *Server) signalProcess(ctx context.Context, args Args) (any, error) {
	t, err := args.target(0)
	if err != nil {
		return nil, err
	}
	if t.group {
		return s.signalGroup(ctx, t.Group, t.text, args)
	}
	if _, err := s.sup.Info(ctx, t.Name); err != nil {
		return nil, faultOf(err, t.text)
	}
	sig, err := args.signal(1)
	if err != nil {
		return nil, err
	}
	return done(s.sup.SignalProcess(ctx, t.Name, sig), t.text)
}

// sendProcessStdin looks at the type of the text first (checklist 254).
func (s *Server) sendProcessStdin(ctx context.Context, args Args) (any, error) {
	chars, ok := args[1].(string)
	if !ok {
		return nil, faultValue(api.IncorrectParameters, args[1])
	}
	t, err := args.process(0)
	if err != nil {
		return nil, err
	}
	return done(s.sup.SendStdin(ctx, t.Name, []byte(chars)), t.text)
}

// fullName is how results and log lines name a process: without the group where both have one name.
func fullName(n supervisor.Name) string {
	if n.Group == n.Process {
		return n.Process
	}
	return n.String()
}
