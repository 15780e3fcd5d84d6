package api

import "reeve/rpc/xmlrpc"

// Upgrade is what reeve.upgrade returns.
type Upgrade struct {
	From      string  `xmlrpc:"from" json:"from"` // version of the program before
	To        string  `xmlrpc:"to" json:"to"`
	Processes int     `xmlrpc:"processes" json:"processes"` // that went on
	Pause     float64 `xmlrpc:"pause" json:"pause"`         // seconds in which nothing was served
}

// AppendXMLRPC writes a struct.
func (u *Upgrade) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginStruct()
	e.StringMember("from", u.From)
	e.StringMember("to", u.To)
	e.IntMember("processes", int64(u.Processes))
	e.ValueMember("pause", u.Pause)
	e.EndStruct()
}
