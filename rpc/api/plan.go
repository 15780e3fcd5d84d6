package api

import "reeve/rpc/xmlrpc"

// PlanEntry is what a changed configuration means for one process, as reeve.getPlan and
// reeve.update return it.
type PlanEntry struct {
	Name    string    `xmlrpc:"name" json:"name"`
	Group   string    `xmlrpc:"group" json:"group"`
	Action  string    `xmlrpc:"action" json:"action"` // none, live, restart, start, stop, add or remove
	Reason  string    `xmlrpc:"reason" json:"reason"`
	Origin  string    `xmlrpc:"origin" json:"origin"`   // the file of its section; empty: it has none any more
	Problem string    `xmlrpc:"problem" json:"problem"` // what could not be done; empty: nothing
	Keys    []PlanKey `xmlrpc:"keys" json:"keys"`
}

// PlanKey is a key whose value has changed. Values are as a file has them; secrets are
// masked.
type PlanKey struct {
	Key     string `xmlrpc:"key" json:"key"`
	Section string `xmlrpc:"section" json:"section"`
	Old     string `xmlrpc:"old" json:"old"`
	New     string `xmlrpc:"new" json:"new"`
	Change  string `xmlrpc:"change" json:"change"` // unchanged, live or restart
	Origin  string `xmlrpc:"origin" json:"origin"` // FILE:LINE, or FILE if no line gives it
}

// Plan is the answer to both methods, sorted by group and process.
type Plan []PlanEntry

// AppendXMLRPC writes an array of structs.
func (p Plan) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginArray()
	for _, entry := range p {
		e.BeginStruct()
		e.StringMember("name", entry.Name)
		e.StringMember("group", entry.Group)
		e.StringMember("action", entry.Action)
		e.StringMember("reason", entry.Reason)
		e.StringMember("origin", entry.Origin)
		e.StringMember("problem", entry.Problem)
		e.Member("keys")
		e.BeginArray()
		for _, k := range entry.Keys {
			e.BeginStruct()
			e.StringMember("key", k.Key)
			e.StringMember("section", k.Section)
			e.StringMember("old", k.Old)
			e.StringMember("new", k.New)
			e.StringMember("change", k.Change)
			e.StringMember("origin", k.Origin)
			e.EndStruct()
		}
		e.EndArray()
		e.EndMember()
		e.EndStruct()
	}
	e.EndArray()
}
