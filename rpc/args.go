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

// Args are the arguments of a call, as decoded. Their number has been checked against the
// method's row.
//
// Upstream passes any value on to Python code. Where that happens to work (numbers given
// as text), Args accepts it too. Where it raises a TypeError the fault is 2, as
// upstream's. Where it ends in an internal error, HTTP 500, the fault here is 2 as well
// (fact 237, arguments of calls).
type Args []any

// bool returns the truth value of argument i, or fallback if the argument was left out.
func (a Args) bool(i int, fallback bool) bool {
	if i >= len(a) {
		return fallback
	}
	return truthy(a[i])
}

// alone returns what argument i of a start, deps, asks for.
func (a Args) alone(i int) []supervisor.StartOption {
	if a.bool(i, true) {
		return nil
	}
	return []supervisor.StartOption{supervisor.Alone}
}

// int accepts anything that Python's int() takes, as upstream does for offsets and
// lengths (fact 252).
func (a Args) int(i int) (int64, error) {
	n, ok := pyInt(a[i])
	if !ok {
		return 0, fault(api.IncorrectParameters)
	}
	return n, nil
}

// target is the process or group that a name refers to (fact 241, resolution of names):
// "group:process", or "process" for the process whose group has the same name. Where
// groups are allowed, "group:*" and "group:" mean the whole group.
type target struct {
	supervisor.Name
	text  string // as given; faults repeat it
	group bool   // the name means the whole group
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

// target returns argument i as a name where groups are allowed.
func (a Args) target(i int) (target, error) {
	text, ok := a[i].(string)
	if !ok {
		return target{}, fault(api.IncorrectParameters)
	}
	return parseTarget(text), nil
}

// process returns argument i as the name of one process; the name of a whole group is
// fault 10, BAD_NAME.
func (a Args) process(i int) (target, error) {
	t, err := a.target(i)
	if err == nil && t.group {
		err = faultText(api.BadName, t.text)
	}
	return t, err
}

// groupName returns argument i as the name of a group to look up. A value that is not
// text names no group (BAD_NAME); one that Python cannot use as a key is a wrong
// parameter.
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

// signal accepts the number or the name of a signal (facts 51 and 246).
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
