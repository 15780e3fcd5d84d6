package rpc

import (
	"cmp"
	"context"
	"slices"
	"time"

	"reeve/config"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// getAllConfigInfo sorts by process name only, so processes of one name stay in the order of the configuration.
func (s *Server) getAllConfigInfo(ctx context.Context, _ Args) (any, error) {
	infos, err := s.sup.AllConfig(ctx)
	if err != nil {
		return nil, err
	}
	infos = slices.Clone(infos)
	slices.SortStableFunc(infos, func(a, b supervisor.ConfigInfo) int { return cmp.Compare(a.Process.Name, b.Process.Name) })
	return configInfos(infos), nil
}

// configInfos writes itself.
type configInfos []supervisor.ConfigInfo

// AppendXMLRPC writes a struct per process, its members in upstream's order (checklist 251).
func (v configInfos) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginArray()
	for i := range v {
		appendConfigInfo(e, &v[i])
	}
	e.EndArray()
}

func appendConfigInfo(e *xmlrpc.Encoder, i *supervisor.ConfigInfo) {
	p := i.Process
	e.BeginStruct()
	e.BoolMember("autostart", p.Autostart)
	e.Member("autorestart")
	appendAutorestart(e, p.Autorestart)
	e.EndMember()
	e.StringMember("directory", orNone(p.Directory))
	e.Member("uid")
	if p.User != nil {
		e.Int(int64(p.User.UID))
	} else {
		e.String(none)
	}
	e.EndMember()
	e.StringMember("command", p.Command)
	e.Member("exitcodes")
	e.BeginArray()
	for _, code := range p.ExitCodes {
		e.Int(int64(code))
	}
	e.EndArray()
	e.EndMember()
	e.StringMember("group", i.Group.Name)
	e.IntMember("group_prio", int64(i.Group.Priority))
	e.BoolMember("inuse", i.InUse)
	e.BoolMember("killasgroup", p.KillAsGroup)
	e.StringMember("name", p.Name)
	e.IntMember("process_prio", int64(p.Priority))
	e.BoolMember("redirect_stderr", p.RedirectStderr)
	e.IntMember("startretries", int64(p.StartRetries))
	e.IntMember("startsecs", int64(p.StartFor/time.Second))
	appendLogConfig(e, &stdoutMembers, &p.Stdout, i.StdoutLogfile)
	e.IntMember("stopsignal", int64(p.StopSignal))
	e.IntMember("stopwaitsecs", int64(p.StopWait/time.Second))
	appendLogConfig(e, &stderrMembers, &p.Stderr, i.StderrLogfile)
	url := none
	if p.ServerURL != nil {
		url = *p.ServerURL
	}
	e.StringMember("serverurl", url)
	e.EndStruct()
}

// none is how values that are absent are told.
const none = "none"

func orNone(text string) string { return cmp.Or(text, none) }

// appendAutorestart mirrors the unreleased version's member, where true is an internal error (checklist 251).
func appendAutorestart(e *xmlrpc.Encoder, a config.Autorestart) {
	switch a {
	case config.AutorestartUnexpected:
		e.String("unexpected")
	case config.AutorestartAlways:
		e.Bool(true)
	case config.AutorestartNever:
		e.Bool(false)
	}
}

// logMembers are the names of one channel's members.
type logMembers struct {
	capture, events, logfile, backups, bytes, syslog string
}

var (
	stdoutMembers = logMembers{
		"stdout_capture_maxbytes", "stdout_events_enabled", "stdout_logfile", "stdout_logfile_backups", "stdout_logfile_maxbytes",
		"stdout_syslog",
	}
	stderrMembers = logMembers{
		"stderr_capture_maxbytes", "stderr_events_enabled", "stderr_logfile", "stderr_logfile_backups", "stderr_logfile_maxbytes",
		"stderr_syslog",
	}
)

func appendLogConfig(e *xmlrpc.Encoder, names *logMembers, c *config.LogConfig, file string) {
	e.IntMember(names.capture, c.CaptureMaxBytes)
	e.BoolMember(names.events, c.Events)
	e.StringMember(names.logfile, file)
	e.IntMember(names.backups, int64(c.Backups))
	e.IntMember(names.bytes, c.MaxBytes)
	e.BoolMember(names.syslog, c.Syslog)
}
