package api

import "reeve/rpc/xmlrpc"

// Process is one process as reeve.getProcess and reeve.getAllProcesses return it: what
// getProcessInfo returns, and what upstream does not have.
type Process struct {
	ProcessInfo
	Attributes
}

// Attributes are what stands beside the state of a process. Times are Unix seconds, 0 for
// never.
type Attributes struct {
	// Ready: it can do its work. Without `ready` in the configuration it is while it is
	// RUNNING.
	Ready       bool     `xmlrpc:"ready" json:"ready"`
	Health      string   `xmlrpc:"health" json:"health"` // unknown, healthy, unhealthy; empty: it is not checked
	WaitingFor  string   `xmlrpc:"waiting_for" json:"waiting_for"`
	StatusText  string   `xmlrpc:"status_text" json:"status_text"` // of the program about itself
	Restarts    int      `xmlrpc:"restarts" json:"restarts"`       // automatic starts since one that was asked for, or the boot
	NextAttempt int64    `xmlrpc:"next_attempt" json:"next_attempt"`
	LastExit    LastExit `xmlrpc:"last_exit" json:"last_exit"`
	Reason      string   `xmlrpc:"reason" json:"reason"`   // of the last start
	Enabled     bool     `xmlrpc:"enabled" json:"enabled"` // it was not disabled
}

// LastExit is how the last child ended; At is 0 if there was none.
type LastExit struct {
	Code   int    `xmlrpc:"code" json:"code"`     // -1: by a signal
	Signal string `xmlrpc:"signal" json:"signal"` // its name; empty: it ended by itself
	At     int64  `xmlrpc:"at" json:"at"`
}

// AppendXMLRPC writes a struct.
func (p *Process) AppendXMLRPC(e *xmlrpc.Encoder) {
	p.ProcessInfo.appendMembers(e)
	e.StringMember("description", p.Description)
	p.Attributes.appendMembers(e)
	e.EndStruct()
}

// AppendDescribed is AppendXMLRPC with a description that is still in a buffer.
func (p *Process) AppendDescribed(e *xmlrpc.Encoder, description []byte) {
	p.ProcessInfo.appendMembers(e)
	e.TextMember("description", description)
	p.Attributes.appendMembers(e)
	e.EndStruct()
}

func (a *Attributes) appendMembers(e *xmlrpc.Encoder) {
	e.BoolMember("ready", a.Ready)
	e.StringMember("health", a.Health)
	e.StringMember("waiting_for", a.WaitingFor)
	e.StringMember("status_text", a.StatusText)
	e.IntMember("restarts", int64(a.Restarts))
	e.IntMember("next_attempt", a.NextAttempt)
	e.Member("last_exit")
	e.BeginStruct()
	e.IntMember("code", int64(a.LastExit.Code))
	e.StringMember("signal", a.LastExit.Signal)
	e.IntMember("at", a.LastExit.At)
	e.EndStruct()
	e.EndMember()
	e.StringMember("reason", a.Reason)
	e.BoolMember("enabled", a.Enabled)
}
