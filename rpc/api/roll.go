package api

import "reeve/rpc/xmlrpc"

// Roll is a rolling restart or update, as the methods about rolls return it.
type Roll struct {
	ID     int      `xmlrpc:"id" json:"id"`
	Update bool     `xmlrpc:"update" json:"update"` // it puts a changed configuration in force
	Groups []string `xmlrpc:"groups" json:"groups"`
	// State is surging, rolling, reverting, leaving, finishing, and in the end done, failed,
	// reverted or aborted.
	State   string       `xmlrpc:"state" json:"state"`
	Over    bool         `xmlrpc:"over" json:"over"`
	Reason  string       `xmlrpc:"reason" json:"reason"` // why it did not go through
	Members []RollMember `xmlrpc:"members" json:"members"`
	Notes   []RollNote   `xmlrpc:"notes" json:"notes"`
}

// RollMember is a process that takes part in a roll.
type RollMember struct {
	Name  string `xmlrpc:"name" json:"name"`   // as status shows it
	Surge bool   `xmlrpc:"surge" json:"surge"` // it is there for the time of the roll only
	Step  string `xmlrpc:"step" json:"step"`   // pending, stopping, starting, replaced, skipped or failed
}

// RollNote is a line about what a roll has done.
type RollNote struct {
	At   int    `xmlrpc:"at" json:"at"` // Unix seconds
	Text string `xmlrpc:"text" json:"text"`
}

// AppendXMLRPC writes a struct.
func (r *Roll) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginStruct()
	e.IntMember("id", int64(r.ID))
	e.ValueMember("update", r.Update)
	e.Member("groups")
	e.BeginArray()
	for _, g := range r.Groups {
		e.Value(g)
	}
	e.EndArray()
	e.EndMember()
	e.StringMember("state", r.State)
	e.ValueMember("over", r.Over)
	e.StringMember("reason", r.Reason)
	e.Member("members")
	e.BeginArray()
	for _, m := range r.Members {
		e.BeginStruct()
		e.StringMember("name", m.Name)
		e.ValueMember("surge", m.Surge)
		e.StringMember("step", m.Step)
		e.EndStruct()
	}
	e.EndArray()
	e.EndMember()
	e.Member("notes")
	e.BeginArray()
	for _, n := range r.Notes {
		e.BeginStruct()
		e.IntMember("at", int64(n.At))
		e.StringMember("text", n.Text)
		e.EndStruct()
	}
	e.EndArray()
	e.EndMember()
	e.EndStruct()
}

// Rolls are several, the oldest first.
type Rolls []Roll

// AppendXMLRPC writes an array of structs.
func (rs Rolls) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginArray()
	for i := range rs {
		rs[i].AppendXMLRPC(e)
	}
	e.EndArray()
}
