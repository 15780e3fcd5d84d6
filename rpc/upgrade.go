package rpc

import (
	"context"
	"errors"

	"reeve/rpc/api"
	"reeve/supervisor"
)

// upgrade is executed twice: by the program that is asked, and by the one that follows it,
// which answers.
func (s *Server) upgrade(ctx context.Context, args Args) (any, error) {
	if begun := false; Marked(ctx, &begun) {
		return s.outcome()
	}
	path := ""
	if len(args) > 0 {
		var ok bool
		if path, ok = args[0].(string); !ok {
			return nil, fault(api.IncorrectParameters)
		}
	}
	if s.upgradeTo == nil {
		return nil, faultText(api.Failed, "this daemon can't be upgraded")
	}
	if err := s.upgradeTo(ctx, path); err != nil {
		return nil, notUpgraded(err)
	}
	Mark(ctx, true)
	return nil, supervisor.ErrHandedOver
}

// outcome is the answer of the program that goes on.
func (s *Server) outcome() (any, error) {
	switch {
	case s.refused != "":
		return nil, faultText(api.Failed, "cannot upgrade: "+s.refused)
	case s.upgraded != nil:
		return s.upgraded, nil
	}
	return nil, faultText(api.Failed, "it is not known how the upgrade went")
}

// notUpgraded is the fault of an upgrade that has changed nothing.
func notUpgraded(err error) error {
	if errors.Is(err, supervisor.ErrEnding) || errors.Is(err, supervisor.ErrStopped) || errors.Is(err, supervisor.ErrHandedOver) {
		return err
	}
	return faultText(api.Failed, "cannot upgrade, nothing was changed: "+err.Error())
}
