package xmlrpc

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"strconv"

	"reeve/config/pytext"
)

func hexOf(s string) string { return hex.EncodeToString([]byte(s)) }

// asJSON turns decoded values into what encoding/json makes of Python's JSON for the same
// values.
func asJSON(v any) any {
	switch v := v.(type) {
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case *big.Int:
		return json.Number(v.String())
	case float64:
		return json.Number(string(pytext.AppendFloat(nil, v)))
	case DateTime:
		return v.String()
	case []any:
		if v == nil {
			return nil
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = asJSON(v[i])
		}
		return out
	case Struct:
		out := map[string]any{}
		for _, m := range v {
			out[m.Name] = asJSON(m.Value)
		}
		return out
	}
	return v
}
