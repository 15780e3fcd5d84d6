package compat

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// value is an XML-RPC value as received, with its type, so that the int 1 and the string
// "1" do not compare equal.
type value struct {
	// kind is int, boolean, string, double, nil, array, struct, base64, dateTime.iso8601,
	// or text (no type)
	kind  string
	text  string
	items []value
	names []string // of a struct's items, in the order received
}

func (v value) member(name string) value {
	for i, n := range v.names {
		if n == name {
			return v.items[i]
		}
	}
	return value{}
}

type faultError struct{ value }

func (f faultError) Error() string {
	return fmt.Sprintf("fault %s %s", f.member("faultCode").text, f.member("faultString").text)
}

// node is any XML element.
type node struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
	Nodes   []node `xml:",any"`
}

func (n node) find(path ...string) (node, bool) {
	for _, name := range path {
		found := false
		for _, sub := range n.Nodes {
			if sub.XMLName.Local == name {
				n, found = sub, true
				break
			}
		}
		if !found {
			return node{}, false
		}
	}
	return n, true
}

// decodeReply reads a methodResponse: its value, or a faultError.
func decodeReply(body []byte) (value, error) {
	var root node
	if err := xml.Unmarshal(body, &root); err != nil {
		return value{}, fmt.Errorf("reply is not XML: %w: %.200q", err, body)
	}
	if v, ok := root.find("fault", "value"); ok {
		return value{}, faultError{toValue(v)}
	}
	v, ok := root.find("params", "param", "value")
	if !ok {
		return value{}, fmt.Errorf("reply without a value: %.200q", body)
	}
	return toValue(v), nil
}

func toValue(n node) value {
	if len(n.Nodes) == 0 {
		return value{kind: "text", text: n.Text}
	}
	typed := n.Nodes[0]
	v := value{kind: typed.XMLName.Local, text: typed.Text}
	switch v.kind {
	case "array":
		data, _ := typed.find("data")
		for _, item := range data.Nodes {
			v.items = append(v.items, toValue(item))
		}
	case "struct":
		for _, m := range typed.Nodes {
			name, _ := m.find("name")
			item, _ := m.find("value")
			v.names, v.items = append(v.names, name.Text), append(v.items, toValue(item))
		}
	}
	return v
}

// format writes a value like JSON; an array of structs has one per line.
func (v value) format(w *strings.Builder) {
	switch v.kind {
	case "array":
		sep := ", "
		if len(v.items) > 0 && (v.items[0].kind == "struct" || len(v.items) > 12) {
			sep = ",\n  "
		}
		w.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				w.WriteString(sep)
			}
			item.format(w)
		}
		w.WriteByte(']')
	case "struct":
		w.WriteByte('{')
		for i, name := range v.names {
			if i > 0 {
				w.WriteString(", ")
			}
			w.WriteString(name + ": ")
			item := v.items[i]
			if epoch := name == "now" || name == "start" || name == "stop" || name == "pid"; epoch && item.kind == "int" && item.text != "0" {
				item.text = "N"
			}
			item.format(w)
		}
		w.WriteByte('}')
	case "int":
		w.WriteString(v.text)
	case "boolean":
		w.WriteString(map[string]string{"0": "false", "1": "true"}[v.text])
	case "string":
		fmt.Fprintf(w, "%q", v.text)
	case "nil":
		w.WriteString("nil")
	default:
		fmt.Fprintf(w, "%s(%q)", v.kind, v.text)
	}
}
