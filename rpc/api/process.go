package api

import "reeve/rpc/xmlrpc"

// ProcessInfo is one process as getProcessInfo and getAllProcessInfo return it (fact 250,
// members and their order). Times are Unix seconds, 0 for never.
type ProcessInfo struct {
	Name          string `xmlrpc:"name" json:"name"`
	Group         string `xmlrpc:"group" json:"group"`
	Start         int64  `xmlrpc:"start" json:"start"`
	Stop          int64  `xmlrpc:"stop" json:"stop"`
	Now           int64  `xmlrpc:"now" json:"now"`
	State         int    `xmlrpc:"state" json:"state"`
	StateName     string `xmlrpc:"statename" json:"statename"`
	SpawnErr      string `xmlrpc:"spawnerr" json:"spawnerr"`
	ExitStatus    int    `xmlrpc:"exitstatus" json:"exitstatus"`
	StdoutLogfile string `xmlrpc:"stdout_logfile" json:"stdout_logfile"`
	StderrLogfile string `xmlrpc:"stderr_logfile" json:"stderr_logfile"`
	PID           int    `xmlrpc:"pid" json:"pid"`
	Description   string `xmlrpc:"description" json:"description"`
}

// AppendXMLRPC writes a struct.
func (i *ProcessInfo) AppendXMLRPC(e *xmlrpc.Encoder) {
	i.appendMembers(e)
	e.StringMember("description", i.Description)
	e.EndStruct()
}

// AppendDescribed is AppendXMLRPC with a description that is still in a buffer. It does
// not allocate, because monitoring asks for all processes every few seconds.
func (i *ProcessInfo) AppendDescribed(e *xmlrpc.Encoder, description []byte) {
	i.appendMembers(e)
	e.TextMember("description", description)
	e.EndStruct()
}

func (i *ProcessInfo) appendMembers(e *xmlrpc.Encoder) {
	e.BeginStruct()
	e.StringMember("name", i.Name)
	e.StringMember("group", i.Group)
	e.IntMember("start", i.Start)
	e.IntMember("stop", i.Stop)
	e.IntMember("now", i.Now)
	e.IntMember("state", int64(i.State))
	e.StringMember("statename", i.StateName)
	e.StringMember("spawnerr", i.SpawnErr)
	e.IntMember("exitstatus", int64(i.ExitStatus))
	e.StringMember("logfile", i.StdoutLogfile)
	e.StringMember("stdout_logfile", i.StdoutLogfile)
	e.StringMember("stderr_logfile", i.StderrLogfile)
	e.IntMember("pid", int64(i.PID))
}

// Result is the outcome for one process of a call on a group or on all processes (fact
// 242): Status is Success, or the code of the fault that a call on this process alone
// would have returned.
type Result struct {
	Name        string `xmlrpc:"name" json:"name"`
	Group       string `xmlrpc:"group" json:"group"`
	Status      Code   `xmlrpc:"status" json:"status"`
	Description string `xmlrpc:"description" json:"description"`
}

// AppendXMLRPC writes a struct.
func (r *Result) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginStruct()
	e.StringMember("name", r.Name)
	e.StringMember("group", r.Group)
	e.IntMember("status", int64(r.Status))
	e.StringMember("description", r.Description)
	e.EndStruct()
}

// Results is the answer to a call on several processes.
type Results []Result

// AppendXMLRPC writes an array.
func (rs Results) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginArray()
	for i := range rs {
		rs[i].AppendXMLRPC(e)
	}
	e.EndArray()
}

// Changes is what reloadConfig found: names of groups that were added, changed or removed
// (fact 248).
type Changes struct {
	Added, Changed, Removed []string
}

// AppendXMLRPC writes an array that holds one array of three arrays, as upstream does.
func (c Changes) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginArray()
	e.BeginArray()
	for _, names := range [...][]string{c.Added, c.Changed, c.Removed} {
		e.BeginArray()
		for _, name := range names {
			e.String(name)
		}
		e.EndArray()
	}
	e.EndArray()
	e.EndArray()
}
