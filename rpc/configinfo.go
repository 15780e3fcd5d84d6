package rpc

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"reeve/rpc/api"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// getAllConfigInfo sorts by process name only; processes with equal names keep the order
// of the configuration.
func (s *Server) getAllConfigInfo(ctx context.Context, _ Args) (any, error) {
	infos, err := s.sup.AllConfig(ctx)
	if err != nil {
		return nil, err
	}
	infos = slices.Clone(infos)
	slices.SortStableFunc(infos, func(a, b supervisor.ConfigInfo) int { return cmp.Compare(a.Process.Name, b.Process.Name) })
	all := make(api.ConfigInfos, len(infos))
	for i := range infos {
		all[i] = configInfo(&infos[i])
	}
	return all, nil
}

// shownRetries returns startretries as clients can read it: the largest int of XML-RPC
// stands for unlimited.
func shownRetries(n int) int {
	if n == process.Unlimited {
		return math.MaxInt32
	}
	return n
}

// configInfo is what clients get to see of a process's settings.
func configInfo(i *supervisor.ConfigInfo) api.ConfigInfo {
	p := i.Process
	info := api.ConfigInfo{
		Name:           p.Name,
		Group:          i.Group.Name,
		InUse:          i.InUse,
		Autostart:      p.Autostart,
		Autorestart:    autorestarts[p.Autorestart],
		GroupPrio:      i.Group.Priority,
		ProcessPrio:    p.Priority,
		Command:        p.Command,
		Directory:      cmp.Or(p.Directory, none),
		UID:            none,
		StartSecs:      int(p.StartFor / time.Second),
		StartRetries:   shownRetries(p.StartRetries),
		StopSignal:     int(p.StopSignal.First()),
		StopWaitSecs:   int(p.StopTime() / time.Second),
		KillAsGroup:    p.KillAsGroup,
		ExitCodes:      p.ExitCodes,
		RedirectStderr: p.RedirectStderr,
		ServerURL:      none,

		StdoutCaptureMaxBytes: p.Stdout.CaptureMaxBytes,
		StdoutEventsEnabled:   p.Stdout.Events,
		StdoutLogfile:         i.StdoutLogfile,
		StdoutLogfileBackups:  p.Stdout.Backups,
		StdoutLogfileMaxBytes: p.Stdout.MaxBytes,
		StdoutSyslog:          p.Stdout.Syslog,

		StderrCaptureMaxBytes: p.Stderr.CaptureMaxBytes,
		StderrEventsEnabled:   p.Stderr.Events,
		StderrLogfile:         i.StderrLogfile,
		StderrLogfileBackups:  p.Stderr.Backups,
		StderrLogfileMaxBytes: p.Stderr.MaxBytes,
		StderrSyslog:          p.Stderr.Syslog,
	}
	if p.User != nil {
		info.UID = int64(p.User.UID)
	}
	if p.ServerURL != nil {
		info.ServerURL = *p.ServerURL
	}
	return info
}

// none stands for absent values.
const none = "none"

// autorestarts mirrors the member in upstream's unreleased version, except that true is
// an internal error there (fact 251, getAllConfigInfo).
var autorestarts = map[process.Autorestart]any{
	process.AutorestartUnexpected: "unexpected",
	process.AutorestartAlways:     true,
	process.AutorestartNever:      false,
}
