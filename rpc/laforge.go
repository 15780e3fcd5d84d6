package rpc

import (
	"context"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"syscall"

	"reeve/config"
	"reeve/rpc/api"
	"reeve/supervisor"
)

// The namespace of mr.laforge: signals under another name, from the time when upstream
// had none.

const (
	laForgeVersion   = "0.1"
	mrLaForgeVersion = "0.8"
)

func laForgeMethods(map[string]string) []Method {
	return []Method{
		{
			Name: "getAPIVersion", Handle: answer(laForgeVersion),
			Doc:     "Return the version of this interface.",
			Returns: Param{"string", "version", "0.1"},
		},
		{
			Name: "getMrLaForgeVersion", Handle: answer(mrLaForgeVersion),
			Doc:     "Return the version of the package that this interface is known from.",
			Returns: Param{"string", "version", "0.8"},
		},
		{
			Name: "killProcess", Handle: killProcess,
			Doc:     "Send a signal to a process. GROUP:* signals a group and answers as killProcessGroup.",
			Params:  []Param{nameOrGroup, signalToSend},
			Returns: always,
		},
		{
			Name: "killProcessGroup", Handle: killProcessGroup,
			Doc:     "Send a signal to the running processes of a group.",
			Params:  []Param{nameOfGroup, signalToSend},
			Returns: Param{"struct", "result", "an array in truth: a status struct per process"},
		},
	}
}

func killProcess(s *Server, ctx context.Context, args Args) (any, error) {
	t, err := args.target(0)
	if err != nil {
		return nil, err
	}
	sig, bad := laForgeSignal(args[1])
	if t.group {
		return results(t.text)(refuse(bad)(s.sup.SignalGroup(ctx, t.Group, sig)))
	}
	if _, err := s.sup.Info(ctx, t.Name); err != nil {
		return nil, faultOf(err, t.text)
	}
	if bad != nil {
		return nil, bad
	}
	err = s.sup.SignalProcess(ctx, t.Name, sig)
	if errors.Is(err, supervisor.ErrNotRunning) {
		return nil, fault(api.NotRunning)
	}
	return done(err, t.text)
}

func killProcessGroup(s *Server, ctx context.Context, args Args) (any, error) {
	name, err := args.groupName(0)
	if err != nil {
		return nil, err
	}
	sig, bad := laForgeSignal(args[1])
	return results(name)(refuse(bad)(s.sup.SignalGroup(ctx, name, sig)))
}

// laForgeSignal accepts a number, or a name with or without SIG.
func laForgeSignal(v any) (syscall.Signal, error) {
	text := ""
	switch v := v.(type) {
	case string:
		text = strings.ToUpper(v)
	case bool, int64, float64, *big.Int:
		n, ok := pyInt(v)
		if !ok {
			return supervisor.NoSignal, fault(api.IncorrectParameters)
		}
		text = strconv.FormatInt(n, 10)
	default:
		return supervisor.NoSignal, fault(api.IncorrectParameters)
	}
	sig, err := config.ParseSignal(text)
	if err != nil {
		return supervisor.NoSignal, faultValue(api.BadArguments, v)
	}
	return sig, nil
}
