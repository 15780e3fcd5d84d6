package rpc

import (
	"context"
	"strings"

	"reeve/rpc/api"
)

// Handler carries out one call. Its result is a value that package xmlrpc encodes.
// faultOf turns an error that is not yet a fault into one. A call that has to wait simply
// blocks; when ctx ends nobody waits for the answer any more.
type Handler func(s *Server, ctx context.Context, args Args) (any, error)

// Method is one row of a table. Everything about a method derives from its row: dispatch,
// the number of arguments, listMethods, methodHelp, methodSignature.
type Method struct {
	Name   string // namespace.method
	Handle Handler
	Doc    string // what it does, for methodHelp
	Params []Param
	// Optional is how many of the last parameters may be left out.
	Optional int
	Returns  Param // without a type the method has no signature
	// AnyState: the method also works during shutdown and restart (fact 239, calls while
	// stopping).
	AnyState bool
	cache    *cache // where it is kept, of a method of that namespace
	// Prompt: the method waits for nothing but the supervisor's loop.
	Prompt bool
}

// Param is a parameter or a result. Type is a word for people, such as boolean, int,
// string, array or struct. An argument of another type is refused, or converted as Python
// would (see Args).
type Param struct{ Type, Name, Text string }

// Parameters and results of several methods.
var (
	nameOrGroup   = Param{"string", "name", "PROCESS, GROUP:PROCESS or GROUP:*"}
	nameOfProcess = Param{"string", "name", "PROCESS or GROUP:PROCESS"}
	nameOfGroup   = Param{"string", "name", "the group"}
	wait          = Param{"boolean", "wait", "false: answer at once; any value is taken as Python would"}
	withNeeds     = Param{"boolean", "deps", "false: start at once and nothing else, whatever it depends on"}
	signalToSend  = Param{"string", "signal", "a name such as HUP or SIGHUP, or a number"}
	rollSettings  = Param{"struct", "options", "int batch (1), max_unavailable (batch - surge), surge (0); double wait_healthy (seconds per batch); boolean revert"}
	rollNumber    = Param{"int", "id", "of the roll"}
	theRoll       = Param{"struct", "roll", "int id, boolean update, array groups, string state, boolean over, string reason, array members, array notes"}
	namesOfGroups = Param{"array", "groups", "names of groups; empty: all of them"}
	always        = Param{"boolean", "result", "always true; what went wrong is a fault"}
	statuses      = Param{"array", "result", "a status struct per process: name, group, status (80: done), description"}
)

// help is what methodHelp answers. Clients know its lines "@param TYPE NAME text" and
// "@return TYPE name text" from upstream (fact 256, methodHelp and methodSignature).
func (m *Method) help() string {
	var b strings.Builder
	b.WriteString(m.Doc + "\n\n")
	for _, p := range m.Params {
		b.WriteString("@param " + p.Type + " " + p.Name + "  " + p.Text + "\n")
	}
	if r := m.Returns; r.Type != "" {
		b.WriteString("@return " + r.Type + " " + r.Name + "  " + r.Text + "\n")
	}
	return b.String()
}

// signature is what methodSignature answers: the type of the result, then of each
// parameter.
func (m *Method) signature() ([]any, error) {
	if m.Returns.Type == "" {
		return nil, fault(api.SignatureUnsupported)
	}
	types := []any{m.Returns.Type}
	for _, p := range m.Params {
		types = append(types, p.Type)
	}
	return types, nil
}
