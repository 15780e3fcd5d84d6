package rpc

import (
	"context"

	"reeve/rpc/api"
	"reeve/supervisor"
)

// startProcess checks in upstream's order (fact 244, startProcess): the name, then the
// command, then the state. The supervisor's handle checks the latter two.
func (s *Server) startProcess(ctx context.Context, args Args) (any, error) {
	t, err := args.target(0)
	if err != nil {
		return nil, err
	}
	wait := args.bool(1, true)
	if t.group {
		return results(t.text)(s.sup.StartGroup(ctx, t.Group, wait, args.alone(2)...))
	}
	return done(s.sup.Start(ctx, t.Name, wait, args.alone(2)...), t.text)
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

// signalProcess checks the signal after the name and before the state (fact 246).
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

// sendProcessStdin checks the type of the text first (fact 254).
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

// fullName is how results and log lines name a process: without the group if both have
// the same name.
func fullName(n supervisor.Name) string {
	if n.Group == n.Process {
		return n.Process
	}
	return n.String()
}
