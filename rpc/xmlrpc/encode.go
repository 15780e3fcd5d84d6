package xmlrpc

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"reeve/config/pytext"
)

// Value is implemented by results that write themselves: the way for replies that matter for speed. AppendXMLRPC writes exactly
// one value.
type Value interface {
	AppendXMLRPC(e *Encoder)
}

// Encoder appends values to a buffer, one after the other, in the layout of Python's xmlrpc.client (checklist 233, 234). The
// zero Encoder is ready for use. Not safe for concurrent use.
//
//	e.BeginArray()
//	for _, p := range processes {
//		e.BeginStruct()
//		e.Member("name")
//		e.String(p.Name)
//		e.EndMember()
//		e.IntMember("pid", int64(p.PID))
//		e.EndStruct()
//	}
//	e.EndArray()
//
// That beginnings and ends match is the caller's duty; nothing checks it.
type Encoder struct {
	buf []byte
}

// Bytes returns the buffer with what was appended. It is the Encoder's own until the Encoder is no longer used.
func (e *Encoder) Bytes() []byte { return e.buf }

func (e *Encoder) put(s string) { e.buf = append(e.buf, s...) }

// Int writes an integer; beyond 32 bits too, as digits, where upstream fails (checklist 234).
func (e *Encoder) Int(i int64) {
	e.put("<value><int>")
	e.buf = strconv.AppendInt(e.buf, i, 10)
	e.put("</int></value>\n")
}

// Bool writes a boolean.
func (e *Encoder) Bool(b bool) {
	if b {
		e.put("<value><boolean>1</boolean></value>\n")
	} else {
		e.put("<value><boolean>0</boolean></value>\n")
	}
}

// String writes text; the package comment says what becomes of text that XML cannot carry.
func (e *Encoder) String(s string) {
	e.put("<value><string>")
	e.buf = appendText(e.buf, s)
	e.put("</string></value>\n")
}

// Text is String for bytes, such as a piece of a log.
func (e *Encoder) Text(b []byte) {
	e.put("<value><string>")
	e.buf = appendText(e.buf, b)
	e.put("</string></value>\n")
}

// Double writes a floating point number as Python's repr gives it.
func (e *Encoder) Double(f float64) {
	e.put("<value><double>")
	e.buf = pytext.AppendFloat(e.buf, f)
	e.put("</double></value>\n")
}

// DateTime writes a date and time.
func (e *Encoder) DateTime(d DateTime) {
	e.put("<value><dateTime.iso8601>")
	e.put(d.String())
	e.put("</dateTime.iso8601></value>\n")
}

// Nil writes the null of the usual extension. Upstream never sends one (it fails), so neither should a method.
func (e *Encoder) Nil() { e.put("<value><nil/></value>\n") }

// BeginArray and EndArray enclose the values of an array.
func (e *Encoder) BeginArray() { e.put("<value><array><data>\n") }

// EndArray ends what BeginArray began.
func (e *Encoder) EndArray() { e.put("</data></array></value>\n") }

// BeginStruct and EndStruct enclose the members of a struct.
func (e *Encoder) BeginStruct() { e.put("<value><struct>\n") }

// EndStruct ends what BeginStruct began.
func (e *Encoder) EndStruct() { e.put("</struct></value>\n") }

// Member begins a member; exactly one value and EndMember follow.
func (e *Encoder) Member(name string) {
	e.put("<member>\n<name>")
	e.buf = appendText(e.buf, name)
	e.put("</name>\n")
}

// EndMember ends what Member began.
func (e *Encoder) EndMember() { e.put("</member>\n") }

// IntMember is a whole member. Here, and in the two that follow, name is one of ours and is written as it is: it must not need
// escaping.
func (e *Encoder) IntMember(name string, i int64) {
	e.head(name, "<int>")
	e.buf = strconv.AppendInt(e.buf, i, 10)
	e.put("</int></value>\n</member>\n")
}

// StringMember is a whole member.
func (e *Encoder) StringMember(name, s string) {
	e.head(name, "<string>")
	e.buf = appendText(e.buf, s)
	e.put("</string></value>\n</member>\n")
}

// TextMember is StringMember for bytes.
func (e *Encoder) TextMember(name string, b []byte) {
	e.head(name, "<string>")
	e.buf = appendText(e.buf, b)
	e.put("</string></value>\n</member>\n")
}

// ValueMember is a whole member with whatever Value writes.
func (e *Encoder) ValueMember(name string, v any) {
	e.Member(name)
	e.Value(v)
	e.EndMember()
}

// BoolMember is a whole member.
func (e *Encoder) BoolMember(name string, b bool) {
	e.head(name, "<boolean>")
	digit := "0"
	if b {
		digit = "1"
	}
	e.put(digit)
	e.put("</boolean></value>\n</member>\n")
}

// head begins a whole member: the pieces are few because a reply about a thousand processes has fourteen thousand of them.
func (e *Encoder) head(name, tag string) {
	b := append(e.buf, "<member>\n<name>"...)
	b = append(b, name...)
	b = append(b, "</name>\n<value>"...)
	e.buf = append(b, tag...)
}

// Raw writes what Bytes returned before.
func (e *Encoder) Raw(b []byte) { e.buf = append(e.buf, b...) }

// Cut takes back what was appended after the first n bytes of Bytes.
func (e *Encoder) Cut(n int) { e.buf = e.buf[:n] }

// Grow makes room for n bytes more.
func (e *Encoder) Grow(n int) { e.buf = slices.Grow(e.buf, n) }

// Value writes any value that DecodeCall can return, a Value, an int, a []byte (as text) or a []string. No map is among them: its
// order would be left to chance. A *Fault becomes the struct that system.multicall has in its place. It panics
// for any other type: that is a mistake in the program, not in a request.
func (e *Encoder) Value(v any) {
	switch v := v.(type) {
	case Value:
		v.AppendXMLRPC(e)
	case nil:
		e.Nil()
	case bool:
		e.Bool(v)
	case int:
		e.Int(int64(v))
	case int64:
		e.Int(v)
	case *big.Int:
		e.put("<value><int>")
		e.buf = v.Append(e.buf, 10)
		e.put("</int></value>\n")
	case float64:
		e.Double(v)
	case string:
		e.String(v)
	case []byte:
		e.Text(v)
	case DateTime:
		e.DateTime(v)
	case []any:
		e.BeginArray()
		for _, v := range v {
			e.Value(v)
		}
		e.EndArray()
	case []string:
		e.BeginArray()
		for _, s := range v {
			e.String(s)
		}
		e.EndArray()
	case Struct:
		e.BeginStruct()
		for i := range v {
			e.Member(v[i].Name)
			e.Value(v[i].Value)
			e.EndMember()
		}
		e.EndStruct()
	case *Fault:
		e.faultStruct(v)
	default:
		panic(fmt.Sprintf("xmlrpc: no element for a %T", v))
	}
}

func (e *Encoder) faultStruct(f *Fault) {
	e.BeginStruct()
	e.IntMember("faultCode", int64(f.Code))
	e.StringMember("faultString", f.Text)
	e.EndStruct()
}

// AppendReply appends the whole document that answers a call with the value v (see Encoder.Value).
func AppendReply(dst []byte, v any) []byte {
	e := Encoder{buf: dst}
	e.put("<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n")
	e.Value(v)
	e.put("</param>\n</params>\n</methodResponse>\n")
	return e.buf
}

// AppendFault appends the whole document that refuses a call.
func AppendFault(dst []byte, f *Fault) []byte {
	e := Encoder{buf: dst}
	e.put("<?xml version='1.0'?>\n<methodResponse>\n<fault>\n")
	e.faultStruct(f)
	e.put("</fault>\n</methodResponse>\n")
	return e.buf
}
