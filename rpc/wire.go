package rpc

import (
	"context"
	"fmt"
	"runtime/debug"

	"reeve/rpc/budget"
	"reeve/rpc/carry"
	"reeve/rpc/turn"
	"reeve/rpc/xmlrpc"
)

// Call carries out a decoded call and appends the reply document to dst. Its error is a *xmlrpc.Fault, or says that a method
// failed in a way it should not have, with the place where it did: a mistake in a method costs that call and nothing else.
func (s *Server) Call(ctx context.Context, call xmlrpc.Call, dst []byte) (reply []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot carry out %s: %v\n%s", call.Method, r, debug.Stack())
		}
	}()
	key := onlyCall
	if call.Method == multicallName {
		key = ownCarry
	}
	value, f := s.call(ctx, key, call.Method, call.Params)
	if f != nil {
		return nil, f
	}
	switch v := value.(type) {
	case Infos:
		reply = s.recent.append(dst, v)
	case Processes:
		if len(v.list) < fewProcesses {
			reply = xmlrpc.AppendReply(dst, v)
		} else {
			turn.Take(func() { reply = xmlrpc.AppendReply(dst, v) })
		}
	default:
		reply = xmlrpc.AppendReply(dst, value)
	}
	if carry.Of(ctx).Handed() { // one of several calls
		return nil, handedOver
	}
	if len(reply) > budget.Small {
		if f := afford(ctx, len(reply)); f != nil {
			return nil, f
		}
	}
	return reply, nil
}
