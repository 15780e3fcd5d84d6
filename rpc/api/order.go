package api

import "reeve/rpc/xmlrpc"

// OrderNode is a node of reeve.getGraph: a process, or all processes of a program in a
// group, if they need the same.
type OrderNode struct {
	Name      string      `xmlrpc:"name" json:"name"`
	Processes []string    `xmlrpc:"processes" json:"processes"` // their names as status shows them
	Needs     []OrderNeed `xmlrpc:"needs" json:"needs"`
}

// OrderNeed is what a node depends on.
type OrderNeed struct {
	Node      int    `xmlrpc:"node" json:"node"` // its place in the list of nodes
	Name      string `xmlrpc:"name" json:"name"`
	Condition string `xmlrpc:"condition" json:"condition"` // a word of depends_on
}

// OrderNodes is what reeve.getGraph returns.
type OrderNodes []OrderNode

// AppendXMLRPC writes an array of structs.
func (nodes OrderNodes) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginArray()
	for _, n := range nodes {
		e.BeginStruct()
		e.StringMember("name", n.Name)
		e.Member("processes")
		appendTexts(e, n.Processes)
		e.EndMember()
		e.Member("needs")
		e.BeginArray()
		for _, need := range n.Needs {
			e.BeginStruct()
			e.IntMember("node", int64(need.Node))
			e.StringMember("name", need.Name)
			e.StringMember("condition", need.Condition)
			e.EndStruct()
		}
		e.EndArray()
		e.EndMember()
		e.EndStruct()
	}
	e.EndArray()
}

func appendTexts(e *xmlrpc.Encoder, texts []string) {
	e.BeginArray()
	for _, text := range texts {
		e.String(text)
	}
	e.EndArray()
}

// Boot is what reeve.getBoot returns: what took how long at boot, in seconds.
type Boot struct {
	Took float64 `xmlrpc:"took" json:"took"` // until the last one was up; -1: none is
	// Path is the critical path: each step began when the one before it was up, and the
	// last one was the last of all.
	Path    []BootStep `xmlrpc:"path" json:"path"`
	Steps   []BootStep `xmlrpc:"steps" json:"steps"`     // all that were up, the slowest first
	Missing []string   `xmlrpc:"missing" json:"missing"` // those that were not
}

// BootStep is the start of a process, or of all processes of a program.
type BootStep struct {
	Name   string  `xmlrpc:"name" json:"name"` // with the condition that counted, as in db:healthy
	At     float64 `xmlrpc:"at" json:"at"`
	Waited float64 `xmlrpc:"waited" json:"waited"` // after all that it needs was up
	Took   float64 `xmlrpc:"took" json:"took"`     // from its start until it was up
}

// AppendXMLRPC writes a struct.
func (b *Boot) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginStruct()
	e.ValueMember("took", b.Took)
	appendSteps(e, "path", b.Path)
	appendSteps(e, "steps", b.Steps)
	e.Member("missing")
	appendTexts(e, b.Missing)
	e.EndMember()
	e.EndStruct()
}

func appendSteps(e *xmlrpc.Encoder, name string, steps []BootStep) {
	e.Member(name)
	e.BeginArray()
	for _, s := range steps {
		e.BeginStruct()
		e.StringMember("name", s.Name)
		e.ValueMember("at", s.At)
		e.ValueMember("waited", s.Waited)
		e.ValueMember("took", s.Took)
		e.EndStruct()
	}
	e.EndArray()
	e.EndMember()
}
