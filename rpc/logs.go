package rpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"reeve/rpc/api"
	"reeve/rpc/budget"
	"reeve/rpc/carry"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/logfile"
)

// readMainLog is readLog (checklist 252). What is not UTF-8 in the answer, such as a character cut in half, is replaced when
// it is encoded.
func (s *Server) readMainLog(ctx context.Context, args Args) (any, error) {
	path := s.mainLogPath()
	if path == "" {
		return nil, faultText(api.NoFile, "syslog") // the one log that is no file
	}
	return readPart(ctx, path, args)
}

func (s *Server) readStdout(ctx context.Context, args Args) (any, error) {
	path, err := s.logOf(ctx, args, stdoutLog)
	if err != nil {
		return nil, err
	}
	return readPart(ctx, path, args[1:])
}

func (s *Server) readStderr(ctx context.Context, args Args) (any, error) {
	path, err := s.logOf(ctx, args, stderrLog)
	if err != nil {
		return nil, err
	}
	return readPart(ctx, path, args[1:])
}

func (s *Server) tailStdout(ctx context.Context, args Args) (any, error) {
	path, err := s.logOf(ctx, args, stdoutLog)
	if err != nil {
		return nil, err
	}
	return tailPart(ctx, path, args[1:])
}

func (s *Server) tailStderr(ctx context.Context, args Args) (any, error) {
	path, err := s.logOf(ctx, args, stderrLog)
	if err != nil {
		return nil, err
	}
	return tailPart(ctx, path, args[1:])
}

func stdoutLog(i *supervisor.Info) string { return i.StdoutLogfile }
func stderrLog(i *supervisor.Info) string { return i.StderrLogfile }

// logOf finds the log of the process that the first argument names, and waits until it holds what was captured so far.
func (s *Server) logOf(ctx context.Context, args Args, channel func(*supervisor.Info) string) (string, error) {
	t, err := args.process(0)
	if err != nil {
		return "", err
	}
	info, err := s.sup.Info(ctx, t.Name)
	if err != nil {
		return "", faultOf(err, t.text)
	}
	s.sup.SyncLog(ctx, t.Name)
	if carry.Of(ctx).IsOver() {
		return "", handedOver // nobody knows whether it was waited for
	}
	return channel(info), nil
}

// ProcessLog is the file that holds what a process writes, by the rules of /logtail (checklist 225). channel is "stdout" or
// "stderr".
func (s *Server) ProcessLog(ctx context.Context, name, channel string) (path string, err error) {
	switch channel {
	case "stdout":
		path, err = s.logOf(ctx, Args{name}, stdoutLog)
	case "stderr":
		path, err = s.logOf(ctx, Args{name}, stderrLog)
	default:
		return "", fmt.Errorf("cannot find the log of %s: no channel %q", name, channel)
	}
	if faultOf(err, "") == handedOver {
		carry.Of(ctx).HandOver()
	}
	if err == nil && path == "" {
		err = fault(api.NoFile)
	}
	return path, err
}

// MainLog is the file that holds the daemon's own log.
func (s *Server) MainLog() (path string, err error) {
	if path = s.mainLogPath(); path == "" {
		return "", fault(api.NoFile)
	}
	return path, nil
}

// readPart reads as args [offset, length] say. The file is looked at first, as upstream does: without it, it does not matter
// what they are.
func readPart(ctx context.Context, path string, args Args) (any, error) {
	if path == "" {
		return nil, fault(api.NoFile)
	}
	info, err := logfile.Look(ctx, path)
	if errors.Is(err, logfile.ErrBusy) {
		return nil, faultText(api.Failed, err.Error())
	} else if err != nil {
		return nil, faultText(api.NoFile, path)
	}
	offset, length, err := args.span()
	if err != nil {
		return nil, err
	}
	size := max(info.Size()-offset, 0)
	if offset < 0 {
		size = min(info.Size(), -offset)
	} else if length > 0 {
		size = min(size, length)
	}
	if err := hold(ctx, size); err != nil {
		return nil, err
	}
	data, err := logfile.Read(ctx, path, offset, length)
	switch {
	case errors.Is(err, logfile.ErrBadArguments):
		return nil, fault(api.BadArguments)
	case err != nil:
		return nil, fault(api.Failed)
	}
	return logText(data), hold(ctx, int64(xmlrpc.TextSize(data)))
}

// hold takes n bytes from the budget of the reply, in which the call's result will be.
func hold(ctx context.Context, n int64) error {
	if n <= budget.Small || n > logfile.MaxRead { // the latter is refused anyhow
		return nil
	}
	return tooLarge(budget.Of(ctx).Add(ctx, n))
}

// tailPart follows as args [offset, length] say (checklist 253). No file is an empty one, never a fault.
func tailPart(ctx context.Context, path string, args Args) (any, error) {
	if path == "" {
		return []any{"", int64(0), false}, nil
	}
	info, err := logfile.Look(ctx, path)
	if errors.Is(err, logfile.ErrBusy) {
		return nil, faultText(api.Failed, err.Error())
	} else if err != nil {
		return []any{"", int64(0), false}, nil
	}
	offset, length, err := args.span()
	if err != nil {
		return nil, err
	}
	if err := hold(ctx, min(info.Size(), length)); err != nil {
		return nil, err
	}
	data, next, overflow, err := logfile.Tail(ctx, path, offset, length)
	if err != nil {
		return []any{"", offset, false}, nil
	}
	return tailed{data, next, overflow}, hold(ctx, int64(xmlrpc.TextSize(data)))
}

// span are the arguments offset and length.
func (a Args) span() (offset, length int64, err error) {
	if offset, err = a.int(0); err != nil {
		return 0, 0, err
	}
	length, err = a.int(1)
	return offset, length, err
}

func (s *Server) clearLogs(ctx context.Context, args Args) (any, error) {
	t, err := args.process(0)
	if err != nil {
		return nil, err
	}
	return done(s.clear(ctx, t.Name), t.text)
}

// clear turns whatever went wrong with the files into fault 30 with the process's name (checklist 7E).
func (s *Server) clear(ctx context.Context, n supervisor.Name) error {
	err := s.sup.ClearLogs(ctx, n)
	if _, ok := errors.AsType[*supervisor.FailedError](err); ok {
		return faultText(api.Failed, fullName(n))
	}
	return err
}

// clearAllLogs goes by priority of groups and processes, like all calls on everything (checklist 243, 255).
func (s *Server) clearAllLogs(ctx context.Context, _ Args) (any, error) {
	names, err := s.byPriority(ctx)
	if err != nil {
		return nil, err
	}
	rs := make([]supervisor.Result, len(names))
	for i, n := range names {
		rs[i] = supervisor.Result{Name: n, Err: s.clear(ctx, n)}
	}
	return results("")(rs, nil)
}

// byPriority lists all active processes by priority of groups, then of processes, both stable.
func (s *Server) byPriority(ctx context.Context) ([]supervisor.Name, error) {
	groups, err := s.sup.Groups(ctx)
	if err != nil {
		return nil, err
	}
	infos, err := s.sup.AllInfo(ctx)
	if err != nil {
		return nil, err
	}
	configs, err := s.sup.AllConfig(ctx)
	if err != nil {
		return nil, err
	}
	ranks := make(map[supervisor.Name]rank, len(configs))
	for i, c := range configs {
		n := supervisor.Name{Group: c.Group.Name, Process: c.Process.Name}
		if _, double := ranks[n]; !double {
			ranks[n] = rank{c.Group.Priority, 0, c.Process.Priority, i}
		}
	}
	names := make([]supervisor.Name, len(infos))
	for i, info := range infos {
		names[i] = info.Name
		r, known := ranks[info.Name]
		if !known { // no longer in the configuration
			r = rank{defaultPriority, 0, defaultPriority, len(configs)}
		}
		r.group = slices.Index(groups, info.Group)
		ranks[info.Name] = r
	}
	slices.SortStableFunc(names, func(a, b supervisor.Name) int { return ranks[a].compare(ranks[b]) })
	return names, nil
}

// defaultPriority is what a program has that says nothing.
const defaultPriority = 999

// rank is a process's place when everything is handled in order of priority (checklist 243).
type rank struct {
	groupPriority int
	group         int // place in the order of activation
	priority      int
	config        int // place in the configuration
}

func (r rank) compare(o rank) int {
	return cmp.Or(
		cmp.Compare(r.groupPriority, o.groupPriority),
		cmp.Compare(r.group, o.group),
		cmp.Compare(r.priority, o.priority),
		cmp.Compare(r.config, o.config),
	)
}
