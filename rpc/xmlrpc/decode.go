package xmlrpc

import (
	"errors"
	"sync"
	"unicode/utf8"
)

// Limits of a call. Real calls come nowhere near them; a hostile one must not cost more
// than a few times its own size.
const (
	maxDepth    = 100
	maxElements = 1 << 20
)

// DecodeCall decodes the body of a request. It neither keeps nor changes body. The error
// is ErrNoMethod for a document without a method name, and another one for a body that
// cannot be read as a call. Upstream answers both with 400 (fact 231).
//
// The document is read by upstream's rules, which are looser than the specification: the
// root's name is not checked, the method's name is not trimmed, params may be missing, a
// member's name is its first child whatever the name of that is, and the last methodName
// and the last params count, wherever they are.
func DecodeCall(body []byte) (Call, error) {
	d := decoders.Get().(*decoder)
	defer func() {
		*d = decoder{} // keep nothing of the call
		decoders.Put(d)
	}()
	d.b = body
	d.nodes = d.nodeSpace[:0]
	d.stack = d.frameSpace[:0]
	if err := d.document(); err != nil {
		return Call{}, err
	}
	if d.method == "" {
		return Call{}, ErrNoMethod
	}
	return Call{Method: d.method, Params: d.params}, nil
}

// frame is an open element.
type frame struct {
	name   []byte
	text   []byte // up to the first child; to be read only once
	hasAny bool   // text is not empty
	kids   int    // index in decoder.nodes of its first child
}

// node is a closed element, as its parent sees it.
type node struct {
	value any // its text, or the value it represents; nil: none
	kids  int // children left; elements that represent a value have none left
	// first and next are the values of the first two children, which struct needs of its
	// members.
	first any
	next  any
}

type decoder struct {
	scanner
	stack    []frame
	nodes    []node
	elements int
	method   string
	params   []any

	frameSpace [12]frame
	nodeSpace  [12]node
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

func (d *decoder) document() error {
	if i, ok := validText(d.b); !ok {
		return d.errorAt(i, "not a character of XML in UTF-8")
	}
	d.skipPrologue()
	ended := false // the root element
	for {
		t, err := d.next()
		if err != nil {
			return err
		}
		switch t.kind {
		case tokenEnd:
			if !ended {
				return d.error("the document ends too soon")
			}
			return nil
		case tokenText:
			if len(d.stack) > 0 {
				d.addText(t.text)
			} else if !blank(t.text) {
				return d.error("text outside the root element")
			}
		case tokenOpen, tokenEmpty:
			if ended {
				return d.error("a second root element")
			}
			if err := d.open(t.text); err != nil {
				return err
			}
			if t.kind == tokenEmpty {
				if err := d.close(); err != nil {
					return err
				}
			}
		case tokenClose:
			if len(d.stack) == 0 || string(d.stack[len(d.stack)-1].name) != string(t.text) {
				return d.error("an end that does not match its beginning")
			}
			if err := d.close(); err != nil {
				return err
			}
		case tokenCData:
			if len(d.stack) == 0 {
				return d.error("text outside the root element")
			}
			d.addText(t.text)
		}
		ended = ended || len(d.stack) == 0 && d.elements > 0
	}
}

func (d *decoder) open(name []byte) error {
	if len(d.stack) == maxDepth {
		return d.error("too many elements inside one another")
	}
	if d.elements++; d.elements > maxElements {
		return d.error("too many elements")
	}
	d.stack = append(d.stack, frame{name: name, kids: len(d.nodes)})
	return nil
}

// addText keeps text that comes before the first child; no other text is used.
func (d *decoder) addText(text []byte) {
	f := &d.stack[len(d.stack)-1]
	switch {
	case len(text) == 0 || len(d.nodes) > f.kids:
	case !f.hasAny:
		f.text, f.hasAny = text[:len(text):len(text)], true
	default:
		f.text = append(f.text, text...)
	}
}

func (d *decoder) close() error {
	f := &d.stack[len(d.stack)-1]
	kids := d.nodes[f.kids:]
	n, err := d.evaluate(f, kids)
	if err != nil {
		return err
	}
	clear(kids)
	d.nodes = append(d.nodes[:f.kids], n)
	*f = frame{}
	d.stack = d.stack[:len(d.stack)-1]
	return nil
}

// textOf returns nil for an element without text, as upstream's parser does.
func textOf(f *frame) any {
	if !f.hasAny {
		return nil
	}
	return string(f.text)
}

// evaluate returns the value that a closed element represents.
func (d *decoder) evaluate(f *frame, kids []node) (node, error) {
	if v, ok, err := scalar(string(f.name), f.text); ok {
		if err != nil {
			return node{}, d.error(err.Error())
		}
		return node{value: v}, nil
	}
	switch string(f.name) {
	case "value":
		if len(kids) > 0 {
			return node{value: kids[0].value}, nil
		}
		return node{value: string(f.text)}, nil
	case "array", "param":
		if len(kids) == 0 {
			return node{}, d.error(string(f.name) + " without content")
		}
		return node{value: kids[0].value}, nil
	case "data":
		return node{value: values(kids)}, nil
	case "struct":
		s, err := members(kids)
		if err != nil {
			return node{}, d.error(err.Error())
		}
		return node{value: s}, nil
	case "methodName":
		d.method = string(f.text)
	case "params":
		d.params = values(kids)
	}
	n := node{value: textOf(f), kids: len(kids)}
	if len(kids) == 2 {
		n.first, n.next = kids[0].value, kids[1].value
	}
	return n, nil
}

func values(kids []node) []any {
	vs := make([]any, len(kids))
	for i := range kids {
		vs[i] = kids[i].value
	}
	return vs
}

func members(kids []node) (Struct, error) {
	s := make(Struct, 0, len(kids))
	var places map[string]int // only for structs too long to search
	for i := range kids {
		k := &kids[i]
		name, isText := k.first.(string)
		if k.kids != 2 || !isText && k.first != nil {
			return nil, errors.New("a member is not a name and a value")
		}
		at := -1
		if len(s) < 16 {
			for j := range s {
				if s[j].Name == name {
					at = j
				}
			}
		} else {
			if places == nil {
				places = make(map[string]int, len(kids))
				for j := range s {
					places[s[j].Name] = j
				}
			}
			if j, ok := places[name]; ok {
				at = j
			} else {
				places[name] = len(s)
			}
		}
		if at >= 0 {
			s[at].Value = k.next
		} else {
			s = append(s, Member{name, k.next})
		}
	}
	return s, nil
}

// validText finds the first byte that is not part of a character that XML allows; ok is
// true if there is none.
func validText(b []byte) (at int, ok bool) {
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			if c < 0x20 && c != '\t' && c != '\n' && c != '\r' {
				return i, false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
			return i, false
		}
		i += size
	}
	return 0, true
}
