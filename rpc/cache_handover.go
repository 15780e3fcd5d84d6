package rpc

import (
	"math"
	"math/big"

	"reeve/rpc/xmlrpc"
)

// HandedCache is what one cache holds, by key.
type HandedCache map[string]HandedValue

// HandedValue is a value as package xmlrpc decodes them. JSON alone would not tell their
// types apart, nor keep every text and number.
type HandedValue struct {
	Kind    string           `json:",omitempty"` // empty: nil
	Text    []byte           `json:",omitempty"`
	Int     int64            `json:",omitempty"`
	Bits    uint64           `json:",omitempty"` // of a double
	Date    *xmlrpc.DateTime `json:",omitempty"`
	Values  []HandedValue    `json:",omitempty"`
	Members []HandedMember   `json:",omitempty"`
}

// HandedMember is a member of a struct.
type HandedMember struct {
	Name  []byte
	Value HandedValue
}

func (c *cache) handOver() HandedCache {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := HandedCache{}
	for key, v := range c.items {
		h[key] = handValue(v)
	}
	return h
}

func (c *cache) take(h HandedCache) {
	for key, saved := range h {
		v := saved.value()
		n := len(key) + sizeOf(v)
		c.items[key], c.sizes[key] = v, n
		c.size += n
	}
}

func handValue(v any) HandedValue {
	switch v := v.(type) {
	case string:
		return HandedValue{Kind: "string", Text: []byte(v)}
	case bool:
		h := HandedValue{Kind: "boolean"}
		if v {
			h.Int = 1
		}
		return h
	case int64:
		return HandedValue{Kind: "int", Int: v}
	case *big.Int:
		return HandedValue{Kind: "big", Text: v.Append(nil, 10)}
	case float64:
		return HandedValue{Kind: "double", Bits: math.Float64bits(v)}
	case xmlrpc.DateTime:
		return HandedValue{Kind: "date", Date: &v}
	case []any:
		h := HandedValue{Kind: "array"}
		for _, e := range v {
			h.Values = append(h.Values, handValue(e))
		}
		return h
	case xmlrpc.Struct:
		h := HandedValue{Kind: "struct"}
		for _, m := range v {
			h.Members = append(h.Members, HandedMember{[]byte(m.Name), handValue(m.Value)})
		}
		return h
	}
	return HandedValue{}
}

func (h HandedValue) value() any {
	switch h.Kind {
	case "string":
		return string(h.Text)
	case "boolean":
		return h.Int == 1
	case "int":
		return h.Int
	case "big":
		if i, ok := new(big.Int).SetString(string(h.Text), 10); ok {
			return i
		}
	case "double":
		return math.Float64frombits(h.Bits)
	case "date":
		if h.Date != nil {
			return *h.Date
		}
	case "array":
		values := make([]any, len(h.Values))
		for i, e := range h.Values {
			values[i] = e.value()
		}
		return values
	case "struct":
		members := make(xmlrpc.Struct, len(h.Members))
		for i, m := range h.Members {
			members[i] = xmlrpc.Member{Name: string(m.Name), Value: m.Value.value()}
		}
		return members
	}
	return nil
}
