package rpc

import (
	"context"

	"reeve/rpc/api"
	"reeve/rpc/xmlrpc"
)

func (s *Server) listMethods(context.Context, Args) (any, error) { return texts(s.names), nil }

func (s *Server) methodHelp(_ context.Context, args Args) (any, error) {
	m, err := s.described(args[0])
	if err != nil {
		return nil, err
	}
	return m.help(), nil
}

func (s *Server) methodSignature(_ context.Context, args Args) (any, error) {
	m, err := s.described(args[0])
	if err != nil {
		return nil, err
	}
	return m.signature()
}

func (s *Server) described(name any) (*Method, error) {
	text, _ := name.(string)
	if m, known := s.methods[text]; known {
		return m, nil
	}
	return nil, fault(api.SignatureUnsupported)
}

// multicall carries out calls strictly one after the other; each may wait (checklist 257). Results are bare, not wrapped into
// arrays of one as elsewhere in the world: clients of upstream expect that.
func (s *Server) multicall(ctx context.Context, args Args) (any, error) {
	calls, ok := args[0].([]any)
	if text, isText := args[0].(string); isText && text == "" {
		ok = true // nothing to do, says Python
	}
	if !ok {
		return nil, fault(api.IncorrectParameters)
	}
	for _, c := range calls {
		if _, ok := c.(xmlrpc.Struct); !ok {
			return nil, fault(api.IncorrectParameters)
		}
	}
	return batch{s, ctx, calls}, nil
}

// callStruct carries out one entry of a multicall.
func (s *Server) callStruct(ctx context.Context, entry xmlrpc.Struct) (any, *xmlrpc.Fault) {
	name, _ := entry.Get("methodName")
	params, found := entry.Get("params")
	if !found {
		params = []any(nil)
	}
	if name == nil {
		return nil, faultText(api.IncorrectParameters, "No methodName")
	}
	if name == multicallName {
		return nil, faultText(api.IncorrectParameters, "Recursive system.multicall forbidden")
	}
	method, ok := name.(string)
	if !ok {
		return nil, fault(api.IncorrectParameters)
	}
	args, ok := params.([]any)
	switch p := params.(type) {
	case string: // Python takes an empty text or struct for an empty list
		ok = p == ""
	case xmlrpc.Struct:
		ok = len(p) == 0
	}
	if !ok {
		return nil, fault(api.IncorrectParameters)
	}
	return s.call(ctx, onlyCall, method, args)
}
