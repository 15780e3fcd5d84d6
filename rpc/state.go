package rpc

import (
	"context"

	"reeve/rpc/api"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor/logfile"
)

func (s *Server) getAPIVersion(context.Context, Args) (any, error) { return "3.0", nil }

func (s *Server) getSupervisorVersion(context.Context, Args) (any, error) { return s.version, nil }

func (s *Server) getIdentification(context.Context, Args) (any, error) {
	return s.sup.Identifier(), nil
}

func (s *Server) getPID(context.Context, Args) (any, error) { return int64(s.pid), nil }

func (s *Server) getState(context.Context, Args) (any, error) {
	state := s.sup.State()
	return xmlrpc.Struct{{Name: "statecode", Value: int64(state)}, {Name: "statename", Value: state.String()}}, nil
}

func (s *Server) shutdown(ctx context.Context, _ Args) (any, error) {
	return done(s.sup.Shutdown(ctx), "")
}

func (s *Server) restart(ctx context.Context, _ Args) (any, error) {
	return done(s.sup.Restart(ctx), "")
}

func (s *Server) reloadConfig(ctx context.Context, _ Args) (any, error) {
	c, err := s.sup.Reread(ctx)
	if err != nil {
		return nil, err
	}
	return api.Changes(c), nil
}

func (s *Server) addProcessGroup(ctx context.Context, args Args) (any, error) {
	name, ok := args[0].(string)
	if !ok {
		// Upstream compares the value with names one by one, so it may be of any type.
		return nil, faultValue(api.BadName, args[0])
	}
	return done(s.sup.AddGroup(ctx, name), name)
}

func (s *Server) removeProcessGroup(ctx context.Context, args Args) (any, error) {
	name, err := args.groupName(0)
	if err != nil {
		return nil, err
	}
	return done(s.sup.RemoveGroup(ctx, name), name)
}

func (s *Server) sendRemoteCommEvent(ctx context.Context, args Args) (any, error) {
	return done(s.sup.SendRemoteComm(ctx, pyStr(args[0]), pyStr(args[1])), "")
}

func (s *Server) clearMainLog(ctx context.Context, _ Args) (any, error) {
	path := s.mainLogPath()
	if _, err := logfile.Look(ctx, path); err != nil {
		return nil, fault(api.NoFile)
	}
	if err := s.mainLog.Clear(ctx); err != nil {
		return nil, fault(api.Failed)
	}
	return true, nil
}

func (s *Server) mainLogPath() string {
	if s.mainLog == nil {
		return ""
	}
	return s.mainLog.Path()
}

// done is the answer of a method whose only result is that it was done to name: true, or
// the fault of err.
func done(err error, name string) (any, error) {
	if f := faultOf(err, name); f != nil {
		return nil, f
	}
	return true, nil
}

func texts(list []string) []any {
	values := make([]any, len(list))
	for i, s := range list {
		values[i] = s
	}
	return values
}
