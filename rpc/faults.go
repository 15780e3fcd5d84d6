package rpc

import (
	"context"
	"errors"

	"reeve/rpc/api"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// fault returns a bare fault: its text is the code's name.
func fault(code int) *xmlrpc.Fault {
	return &xmlrpc.Fault{Code: code, Text: api.CodeName(code)}
}

// faultText returns a fault with the text "CODE_NAME: text".
func faultText(code int, text string) *xmlrpc.Fault {
	return &xmlrpc.Fault{Code: code, Text: api.CodeName(code) + ": " + text}
}

// faultValue returns a fault about a value that a client sent; for nil it is a bare
// fault.
func faultValue(code int, v any) *xmlrpc.Fault {
	if v == nil {
		return fault(code)
	}
	return faultText(code, pyStr(v))
}

// sentinels maps the supervisor's refusals to fault codes; the fault's text repeats the
// name as the caller gave it.
var sentinels = []struct {
	err  error
	code int
}{
	{supervisor.ErrNoSuchGroup, api.BadName},
	{supervisor.ErrNoSuchProcess, api.BadName},
	{supervisor.ErrAlreadyStarted, api.AlreadyStarted},
	{supervisor.ErrNotRunning, api.NotRunning},
	{supervisor.ErrSpawn, api.SpawnError},
	{supervisor.ErrAbnormalTermination, api.AbnormalTermination},
	{supervisor.ErrAlreadyAdded, api.AlreadyAdded},
	{supervisor.ErrStillRunning, api.StillRunning},
	{supervisor.ErrNoFile, api.NoFile},
}

// faultOf turns an error of a request about name into its fault; nil stays nil.
func faultOf(err error, name string) *xmlrpc.Fault {
	if err == nil {
		return nil
	}
	if errors.Is(err, supervisor.ErrHandedOver) {
		return handedOver
	}
	if f, ok := errors.AsType[*xmlrpc.Fault](err); ok {
		return f
	}
	if e, ok := errors.AsType[*supervisor.DependencyError](err); ok {
		return faultText(api.SpawnError, name+": "+e.Reason)
	}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return faultText(s.code, name)
		}
	}
	if e, ok := errors.AsType[*supervisor.CommandError](err); ok {
		if e.Missing {
			return faultText(api.NoFile, e.Reason)
		}
		return faultText(api.NotExecutable, e.Reason)
	}
	if e, ok := errors.AsType[*supervisor.RereadError](err); ok {
		return faultText(api.CantReread, e.Err.Error())
	}
	switch {
	case errors.Is(err, supervisor.ErrUnknownState):
		return faultText(api.Failed, name+" is in an unknown process state")
	case errors.Is(err, supervisor.ErrStopped), errors.Is(err, supervisor.ErrEnding):
		return fault(api.ShutdownState)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return faultText(api.Failed, "request was given up")
	}
	return faultText(api.Failed, err.Error())
}
