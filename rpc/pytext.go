package rpc

import (
	"fmt"
	"math"
	"math/big"
	"strconv"

	"reeve/config/pytext"
	"reeve/rpc/xmlrpc"
)

// pyStr renders a decoded value as Python's str() would. Upstream puts that into faults
// and, if a client sends something other than text, into the payload of
// REMOTE_COMMUNICATION (fact 193).
func pyStr(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case xmlrpc.DateTime:
		t := v.Time()
		return t.Format("2006-01-02 15:04:05")
	}
	return string(appendRepr(nil, v))
}

func appendRepr(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "None"...)
	case bool:
		if v {
			return append(dst, "True"...)
		}
		return append(dst, "False"...)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case *big.Int:
		return v.Append(dst, 10)
	case float64:
		return pytext.AppendFloat(dst, v)
	case string:
		return pytext.AppendRepr(dst, v)
	case xmlrpc.DateTime:
		t := v.Time()
		dst = fmt.Appendf(dst, "datetime.datetime(%d, %d, %d, %d, %d", t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute())
		if t.Second() != 0 {
			dst = fmt.Appendf(dst, ", %d", t.Second())
		}
		return append(dst, ')')
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendRepr(dst, e)
		}
		return append(dst, ']')
	case xmlrpc.Struct:
		dst = append(dst, '{')
		for i, m := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = pytext.AppendRepr(dst, m.Name)
			dst = append(dst, ": "...)
			dst = appendRepr(dst, m.Value)
		}
		return append(dst, '}')
	}
	return fmt.Append(dst, v)
}

// truthy is what Python's bool() returns: "wait" takes any value.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case xmlrpc.Struct:
		return len(v) > 0
	}
	return true
}

// pyInt converts a value as Python's int() does; ok is false where that would raise, or
// if the value exceeds 64 bits.
func pyInt(v any) (i int64, ok bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int64:
		return v, true
	case float64:
		if !(math.Abs(v) < 1<<63) { // NaN too
			return 0, false
		}
		return int64(v), true
	case string:
		return pytext.ParseInt(v)
	}
	return 0, false
}
