package rpc

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"syscall"

	"reeve/config"
	"reeve/rpc/api"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// Args are the arguments of a call, as decoded. Their number was checked against the method's row.
//
// Upstream hands whatever came to Python code. Where that works by luck (numbers as text), we accept it too; where it ends in
// a TypeError the fault is 2, as there; where it ends in an internal error, HTTP 500, the fault is 2 instead (checklist 237).
type Args []any

// bool is an optional truth value.
func (a Args) bool(i int, fallback bool) bool {
	if i >= len(a) {
		return fallback
	}
	return truthy(a[i])
}

// int is anything that Python's int() takes (checklist 252).
func (a Args) int(i int) (int64, error) {
	n, ok := pyInt(a[i])
	if !ok {
		return 0, fault(api.IncorrectParameters)
	}
	return n, nil
}

// target is what a name means (checklist 241): group:process, or process for the one of a group of the same name. Where
// groups are allowed, "group:*" and "group:" are the whole group.
type target struct {
	supervisor.Name
	text  string // as given: faults repeat it
	group bool   // the whole group
}

func parseTarget(text string) target {
	group, proc, found := strings.Cut(text, ":")
	if !found {
		proc = group
	}
	t := target{Name: supervisor.Name{Group: group, Process: proc}, text: text}
	t.group = found && (proc == "" || proc == "*")
	return t
}

// target is a name where groups are allowed.
func (a Args) target(i int) (target, error) {
	text, ok := a[i].(string)
	if !ok {
		return target{}, fault(api.IncorrectParameters)
	}
	return parseTarget(text), nil
}

// process is the name of one process; a whole group is a bad name.
func (a Args) process(i int) (target, error) {
	t, err := a.target(i)
	if err == nil && t.group {
		err = faultText(api.BadName, t.text)
	}
	return t, err
}

// groupName is the name of a group that is looked up. A value that is no text names none; one that Python can't look up is a
// wrong parameter.
func (a Args) groupName(i int) (string, error) {
	switch v := a[i].(type) {
	case string:
		return v, nil
	case []any, xmlrpc.Struct:
		return "", fault(api.IncorrectParameters)
	default:
		return "", faultValue(api.BadName, v)
	}
}

// signal is a signal's number or name (checklist 51, 246).
func (a Args) signal(i int) (syscall.Signal, error) {
	switch v := a[i].(type) {
	case string:
		if sig, err := config.ParseSignal(v); err == nil {
			return sig, nil
		}
	case bool, int64, float64, *big.Int:
		if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
			return supervisor.NoSignal, fault(api.IncorrectParameters)
		}
		if n, ok := pyInt(v); ok {
			if sig, err := config.ParseSignal(strconv.FormatInt(n, 10)); err == nil {
				return sig, nil
			}
		}
	default:
		return supervisor.NoSignal, fault(api.IncorrectParameters)
	}
	return supervisor.NoSignal, faultValue(api.BadSignal, a[i])
}
