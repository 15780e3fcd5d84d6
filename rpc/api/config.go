package api

import "reeve/rpc/xmlrpc"

// ConfigInfo has the settings of one configured process as getAllConfigInfo returns them
// (fact 251). Autorestart is true, false or "unexpected"; UID is a number, or "none" for
// the daemon's own user. A log is a path, "auto", "none" or empty.
type ConfigInfo struct {
	Name           string `xmlrpc:"name" json:"name"`
	Group          string `xmlrpc:"group" json:"group"`
	InUse          bool   `xmlrpc:"inuse" json:"inuse"`
	Autostart      bool   `xmlrpc:"autostart" json:"autostart"`
	Autorestart    any    `xmlrpc:"autorestart" json:"autorestart"`
	GroupPrio      int    `xmlrpc:"group_prio" json:"group_prio"`
	ProcessPrio    int    `xmlrpc:"process_prio" json:"process_prio"`
	Command        string `xmlrpc:"command" json:"command"`
	Directory      string `xmlrpc:"directory" json:"directory"`
	UID            any    `xmlrpc:"uid" json:"uid"`
	StartSecs      int    `xmlrpc:"startsecs" json:"startsecs"`
	StartRetries   int    `xmlrpc:"startretries" json:"startretries"`
	StopSignal     int    `xmlrpc:"stopsignal" json:"stopsignal"`
	StopWaitSecs   int    `xmlrpc:"stopwaitsecs" json:"stopwaitsecs"`
	KillAsGroup    bool   `xmlrpc:"killasgroup" json:"killasgroup"`
	ExitCodes      []int  `xmlrpc:"exitcodes" json:"exitcodes"`
	RedirectStderr bool   `xmlrpc:"redirect_stderr" json:"redirect_stderr"`
	ServerURL      string `xmlrpc:"serverurl" json:"serverurl"`

	StdoutCaptureMaxBytes int64  `xmlrpc:"stdout_capture_maxbytes" json:"stdout_capture_maxbytes"`
	StdoutEventsEnabled   bool   `xmlrpc:"stdout_events_enabled" json:"stdout_events_enabled"`
	StdoutLogfile         string `xmlrpc:"stdout_logfile" json:"stdout_logfile"`
	StdoutLogfileBackups  int    `xmlrpc:"stdout_logfile_backups" json:"stdout_logfile_backups"`
	StdoutLogfileMaxBytes int64  `xmlrpc:"stdout_logfile_maxbytes" json:"stdout_logfile_maxbytes"`
	StdoutSyslog          bool   `xmlrpc:"stdout_syslog" json:"stdout_syslog"`

	StderrCaptureMaxBytes int64  `xmlrpc:"stderr_capture_maxbytes" json:"stderr_capture_maxbytes"`
	StderrEventsEnabled   bool   `xmlrpc:"stderr_events_enabled" json:"stderr_events_enabled"`
	StderrLogfile         string `xmlrpc:"stderr_logfile" json:"stderr_logfile"`
	StderrLogfileBackups  int    `xmlrpc:"stderr_logfile_backups" json:"stderr_logfile_backups"`
	StderrLogfileMaxBytes int64  `xmlrpc:"stderr_logfile_maxbytes" json:"stderr_logfile_maxbytes"`
	StderrSyslog          bool   `xmlrpc:"stderr_syslog" json:"stderr_syslog"`
}

// ConfigInfos is the answer to getAllConfigInfo.
type ConfigInfos []ConfigInfo

// AppendXMLRPC writes an array of structs.
func (v ConfigInfos) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginArray()
	for i := range v {
		v[i].AppendXMLRPC(e)
	}
	e.EndArray()
}

// AppendXMLRPC writes a struct.
func (i *ConfigInfo) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginStruct()
	e.BoolMember("autostart", i.Autostart)
	e.ValueMember("autorestart", i.Autorestart)
	e.StringMember("directory", i.Directory)
	e.ValueMember("uid", i.UID)
	e.StringMember("command", i.Command)
	e.Member("exitcodes")
	e.BeginArray()
	for _, code := range i.ExitCodes {
		e.Int(int64(code))
	}
	e.EndArray()
	e.EndMember()
	e.StringMember("group", i.Group)
	e.IntMember("group_prio", int64(i.GroupPrio))
	e.BoolMember("inuse", i.InUse)
	e.BoolMember("killasgroup", i.KillAsGroup)
	e.StringMember("name", i.Name)
	e.IntMember("process_prio", int64(i.ProcessPrio))
	e.BoolMember("redirect_stderr", i.RedirectStderr)
	e.IntMember("startretries", int64(i.StartRetries))
	e.IntMember("startsecs", int64(i.StartSecs))
	e.IntMember("stdout_capture_maxbytes", i.StdoutCaptureMaxBytes)
	e.BoolMember("stdout_events_enabled", i.StdoutEventsEnabled)
	e.StringMember("stdout_logfile", i.StdoutLogfile)
	e.IntMember("stdout_logfile_backups", int64(i.StdoutLogfileBackups))
	e.IntMember("stdout_logfile_maxbytes", i.StdoutLogfileMaxBytes)
	e.BoolMember("stdout_syslog", i.StdoutSyslog)
	e.IntMember("stopsignal", int64(i.StopSignal))
	e.IntMember("stopwaitsecs", int64(i.StopWaitSecs))
	e.IntMember("stderr_capture_maxbytes", i.StderrCaptureMaxBytes)
	e.BoolMember("stderr_events_enabled", i.StderrEventsEnabled)
	e.StringMember("stderr_logfile", i.StderrLogfile)
	e.IntMember("stderr_logfile_backups", int64(i.StderrLogfileBackups))
	e.IntMember("stderr_logfile_maxbytes", i.StderrLogfileMaxBytes)
	e.BoolMember("stderr_syslog", i.StderrSyslog)
	e.StringMember("serverurl", i.ServerURL)
	e.EndStruct()
}
