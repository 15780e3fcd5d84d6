package xmlrpc

import (
	"errors"
	"fmt"
	"time"
)

// Call is a decoded method call. The values of Params depend on the elements of the
// document:
//
//	int, i4                  int64; *big.Int beyond 64 bits
//	boolean                  bool; true only for the text 1
//	string, untyped text     string
//	double                   float64
//	dateTime.iso8601         DateTime
//	base64                   string (the decoded octets, which must be UTF-8)
//	array                    []any, never nil
//	struct                   Struct
//	nil, and the like        nil, as is any unknown element without text (fact 232)
//	i8 and other unknowns    string, the text before the first child element
type Call struct {
	Method string
	Params []any
}

// ErrNoMethod is returned by DecodeCall for a well-formed document without a method name
// (fact 231).
var ErrNoMethod = errors.New("cannot decode call: no method name")

// Struct is a struct, decoded or to be encoded. It keeps the order of the document. A
// decoded Struct has each name once: of several members with the same name the last value
// counts, in the position of the first.
type Struct []Member

// Member is one field of a Struct.
type Member struct {
	Name  string
	Value any
}

// Get returns the value of a member; ok is false if no member has that name.
func (s Struct) Get(name string) (value any, ok bool) {
	for i := range s {
		if s[i].Name == name {
			return s[i].Value, true
		}
	}
	return nil, false
}

// DateTime is a date and time of day without a zone, as in XML-RPC.
type DateTime struct {
	Year, Month, Day, Hour, Minute, Second int
}

// Time interprets the fields as UTC.
func (d DateTime) Time() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, d.Hour, d.Minute, d.Second, 0, time.UTC)
}

// String returns the form on the wire, YYYYMMDDTHH:MM:SS.
func (d DateTime) String() string {
	return fmt.Sprintf("%04d%02d%02dT%02d:%02d:%02d", d.Year, d.Month, d.Day, d.Hour, d.Minute, d.Second)
}

// Fault is a refusal as the client sees it. Its codes and their names are in package api.
type Fault struct {
	Code int
	Text string
}

// Error returns text for logs and tests; on the wire the fault is written by AppendFault.
func (f *Fault) Error() string { return fmt.Sprintf("fault %d: %s", f.Code, f.Text) }
