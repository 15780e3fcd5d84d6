package rpc

import (
	"context"
	"errors"
	"math/big"
	"slices"
	"strings"

	"reeve/config"
	"reeve/config/pytext"
	"reeve/rpc/api"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// The namespace of supervisor_twiddler: active groups change one program at a time. See
// docs/plugins.md.

// notInWhitelist is the code of that plug-in's own fault. Upstream has no name for it,
// and the fault's text says so.
const notInWhitelist = 230

const twiddlerVersion = "1.0"

// twiddlerMethods takes the option whitelist: if it names methods, all others are
// refused.
func twiddlerMethods(options map[string]string) []Method {
	rows := []Method{
		{
			Name: "getAPIVersion", Handle: answer(twiddlerVersion),
			Doc:     "Return the version of this interface.",
			Returns: Param{"int", "version", "text, whatever the type says"},
		},
		{
			Name: "getGroupNames", Handle: getGroupNames,
			Doc:     "List the names of the active groups.",
			Returns: Param{"array", "result", "in the order of activation"},
		},
		{
			Name: "log", Handle: writeMainLog, Optional: 1,
			Doc:     "Write a line to the daemon's own log.",
			Params:  []Param{{"string", "message", "the line"}, {"string|int", "level", "CRIT (50), ERRO (40), WARN (30), INFO (20), DEBG (10), TRAC (5) or BLAT (3)"}},
			Returns: always,
		},
		{
			Name: "addProgramToGroup", Handle: addProgramToGroup,
			Doc:     "Add the processes of a program to an active group. Those with autostart are started. The next reread of the configuration knows nothing of it.",
			Params:  []Param{{"string", "group", "the group"}, {"string", "program", "as in the name of a section [program:x]"}, {"struct", "options", "the keys and values of that section"}},
			Returns: always,
		},
		{
			Name: "removeProcessFromGroup", Handle: removeProcessFromGroup,
			Doc:     "Take a process that does not run out of its group.",
			Params:  []Param{{"string", "group", "the group"}, {"string", "process", "its name, not that of its program"}},
			Returns: always,
		},
	}
	var allowed []string
	if list := options["whitelist"]; list != "" {
		for word := range strings.SplitSeq(list, ",") {
			allowed = append(allowed, strings.TrimSpace(word))
		}
	}
	for i, m := range rows {
		refused := len(allowed) > 0 && !slices.Contains(allowed, m.Name)
		rows[i].AnyState = true
		rows[i].Handle = unlessShutdown(func(s *Server, ctx context.Context, args Args) (any, error) {
			if refused {
				return nil, &xmlrpc.Fault{Code: notInWhitelist, Text: "UNKNOWN: " + m.Name}
			}
			return m.Handle(s, ctx, args)
		})
	}
	return rows
}

// unlessShutdown wraps methods that work during a restart, but not during a shutdown.
func unlessShutdown(h Handler) Handler {
	return func(s *Server, ctx context.Context, args Args) (any, error) {
		if s.sup.State() == supervisor.Shutdown {
			return nil, fault(api.ShutdownState)
		}
		return h(s, ctx, args)
	}
}

// answer returns a handler that always answers text.
func answer(text string) Handler {
	return func(*Server, context.Context, Args) (any, error) { return text, nil }
}

func getGroupNames(s *Server, ctx context.Context, _ Args) (any, error) {
	names, err := s.sup.Groups(ctx)
	if err != nil {
		return nil, err
	}
	return texts(names), nil
}

var levelNames = map[string]process.Level{
	"CRIT": process.Critical, "ERRO": process.Error, "WARN": process.Warn, "INFO": process.Info, "DEBG": process.Debug,
	"TRAC": process.Trace, "BLAT": process.Blather,
}

func writeMainLog(s *Server, _ context.Context, args Args) (any, error) {
	level, ok := process.Info, true
	if len(args) > 1 {
		level, ok = logLevel(args[1])
	}
	if !ok {
		return nil, fault(api.IncorrectParameters)
	}
	s.log(level, pyStr(args[0]))
	return true, nil
}

// logLevel accepts a level's name or number.
func logLevel(v any) (process.Level, bool) {
	switch v := v.(type) {
	case string:
		level, ok := levelNames[strings.ToUpper(v)]
		return level, ok
	case int64, float64:
		for _, level := range levelNames {
			if v == any(int64(level)) || v == any(float64(level)) {
				return level, true
			}
		}
	}
	return 0, false
}

func addProgramToGroup(s *Server, ctx context.Context, args Args) (any, error) {
	group, err := twiddledGroup(args[0])
	if err != nil {
		return nil, err
	}
	settings, err := programSettings(args[2])
	if err != nil {
		return nil, err
	}
	name := pyStr(args[1])
	if strings.TrimSpace(name) == "" { // nobody could name its process
		return nil, faultText(api.IncorrectParameters, "Invalid name: "+pytext.Repr(name))
	}
	err = s.sup.AddProgram(ctx, group, name, settings)
	if e, ok := errors.AsType[*config.Error](err); ok {
		return nil, faultText(api.IncorrectParameters, e.Text)
	}
	if e, ok := errors.AsType[*supervisor.NameTakenError](err); ok {
		return nil, faultText(api.BadName, e.Name)
	}
	return twiddled(err, group, "")
}

func removeProcessFromGroup(s *Server, ctx context.Context, args Args) (any, error) {
	group, err := twiddledGroup(args[0])
	if err != nil {
		return nil, err
	}
	name, err := args.groupName(1) // a process is looked up just as a group is
	if err != nil {
		return nil, err
	}
	return twiddled(s.sup.RemoveProcess(ctx, supervisor.Name{Group: group, Process: name}), group, name)
}

// twiddled is done with that plug-in's text for an unknown group.
func twiddled(err error, group, name string) (any, error) {
	if errors.Is(err, supervisor.ErrNoSuchGroup) {
		return nil, faultText(api.BadName, "group: "+group)
	}
	return done(err, name)
}

func twiddledGroup(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case []any, xmlrpc.Struct:
		return "", fault(api.IncorrectParameters)
	default:
		return "", faultText(api.BadName, "group: "+pyStr(v))
	}
}

// programSettings returns the settings of a program: from a struct, or anything else that
// Python's dict() takes. Numbers and truth values count as the text that a file would
// have. Other values are refused; some of them would crash upstream.
func programSettings(v any) ([]config.Setting, error) {
	var members xmlrpc.Struct
	switch v := v.(type) {
	case xmlrpc.Struct:
		members = v
	case []any:
		for _, pair := range v {
			pair, ok := pair.([]any)
			if !ok || len(pair) != 2 {
				return nil, fault(api.IncorrectParameters)
			}
			members = append(members, xmlrpc.Member{Name: pyStr(pair[0]), Value: pair[1]})
		}
	default:
		if v != "" {
			return nil, fault(api.IncorrectParameters)
		}
	}
	var settings []config.Setting
	for _, m := range members {
		switch m.Value.(type) {
		case string, int64, bool, float64, *big.Int:
			settings = append(settings, config.Setting{Key: m.Name, Value: pyStr(m.Value)})
		default:
			return nil, faultText(api.IncorrectParameters, "value of "+m.Name+" is no text")
		}
	}
	return settings, nil
}
