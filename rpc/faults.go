package rpc

import (
	"context"
	"errors"

	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// The fault codes (checklist 7E). There are no others.
const (
	UnknownMethod        = 1
	IncorrectParameters  = 2
	BadArguments         = 3
	SignatureUnsupported = 4
	ShutdownState        = 6
	BadName              = 10
	BadSignal            = 11
	NoFile               = 20
	NotExecutable        = 21
	Failed               = 30
	AbnormalTermination  = 40
	SpawnError           = 50
	AlreadyStarted       = 60
	NotRunning           = 70
	Success              = 80 // never a fault: the status of what went well in results on several processes
	AlreadyAdded         = 90
	StillRunning         = 91
	CantReread           = 92
)

var faultNames = map[int]string{
	UnknownMethod:        "UNKNOWN_METHOD",
	IncorrectParameters:  "INCORRECT_PARAMETERS",
	BadArguments:         "BAD_ARGUMENTS",
	SignatureUnsupported: "SIGNATURE_UNSUPPORTED",
	ShutdownState:        "SHUTDOWN_STATE",
	BadName:              "BAD_NAME",
	BadSignal:            "BAD_SIGNAL",
	NoFile:               "NO_FILE",
	NotExecutable:        "NOT_EXECUTABLE",
	Failed:               "FAILED",
	AbnormalTermination:  "ABNORMAL_TERMINATION",
	SpawnError:           "SPAWN_ERROR",
	AlreadyStarted:       "ALREADY_STARTED",
	NotRunning:           "NOT_RUNNING",
	Success:              "SUCCESS",
	AlreadyAdded:         "ALREADY_ADDED",
	StillRunning:         "STILL_RUNNING",
	CantReread:           "CANT_REREAD",
}

// fault is a bare fault: its text is the code's name.
func fault(code int) *xmlrpc.Fault {
	return &xmlrpc.Fault{Code: code, Text: faultNames[code]}
}

// faultText is a fault about something: NAME: text.
func faultText(code int, text string) *xmlrpc.Fault {
	return &xmlrpc.Fault{Code: code, Text: faultNames[code] + ": " + text}
}

// faultValue is a fault about a value that a client sent; about nil there is nothing to say.
func faultValue(code int, v any) *xmlrpc.Fault {
	if v == nil {
		return fault(code)
	}
	return faultText(code, pyStr(v))
}

// sentinels maps the supervisor's refusals to the code of the fault; the fault's text is the name as the caller gave it.
var sentinels = []struct {
	err  error
	code int
}{
	{supervisor.ErrNoSuchGroup, BadName},
	{supervisor.ErrNoSuchProcess, BadName},
	{supervisor.ErrAlreadyStarted, AlreadyStarted},
	{supervisor.ErrNotRunning, NotRunning},
	{supervisor.ErrSpawn, SpawnError},
	{supervisor.ErrAbnormalTermination, AbnormalTermination},
	{supervisor.ErrAlreadyAdded, AlreadyAdded},
	{supervisor.ErrStillRunning, StillRunning},
	{supervisor.ErrNoFile, NoFile},
}

// faultOf turns an error of a request about name into its fault. nil stays nil.
func faultOf(err error, name string) *xmlrpc.Fault {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*xmlrpc.Fault](err); ok {
		return f
	}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return faultText(s.code, name)
		}
	}
	if e, ok := errors.AsType[*supervisor.CommandError](err); ok {
		if e.Missing {
			return faultText(NoFile, e.Reason)
		}
		return faultText(NotExecutable, e.Reason)
	}
	if e, ok := errors.AsType[*supervisor.RereadError](err); ok {
		return faultText(CantReread, e.Err.Error())
	}
	switch {
	case errors.Is(err, supervisor.ErrUnknownState):
		return faultText(Failed, name+" is in an unknown process state")
	case errors.Is(err, supervisor.ErrStopped), errors.Is(err, supervisor.ErrEnding):
		return fault(ShutdownState)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return faultText(Failed, "request was given up")
	}
	return faultText(Failed, err.Error())
}
