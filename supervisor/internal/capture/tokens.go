package capture

import "bytes"

// The tokens that begin and end capture mode (fact 185).
const (
	beginToken = "<!--XSUPERVISOR:BEGIN-->"
	endToken   = "<!--XSUPERVISOR:END-->"
)

// tokens finds the capture tokens in a stream. It is plain data; what it finds does not
// depend on how the stream is cut into pieces. Only a possible token prefix is held back,
// where upstream also holds back short output (fact 187: capture mode holds back short
// output).
type tokens struct {
	Capturing bool
	Pending   []byte // a possible token prefix
}

// feed takes the next piece and passes what is not a token to text; Capturing then says
// whether it is captured. ended is called at each END. The slice passed to text is valid
// only during the call.
func (t *tokens) feed(data []byte, text func([]byte), ended func()) {
	if len(t.Pending) > 0 {
		data = append(t.Pending, data...)
		t.Pending = nil
	}
	for {
		token := t.expected()
		before, after, found := bytes.Cut(data, token)
		if !found {
			held := prefixAtEnd(data, token)
			if rest := data[:len(data)-held]; len(rest) > 0 {
				text(rest)
			}
			t.Pending = append(t.Pending, data[len(data)-held:]...)
			return
		}
		if len(before) > 0 {
			text(before)
		}
		if t.Capturing {
			ended()
		}
		t.Capturing = !t.Capturing
		data = after
	}
}

// flush passes on what is held back, at the end of the stream (upstream loses it).
func (t *tokens) flush(text func([]byte)) {
	if len(t.Pending) > 0 {
		text(t.Pending)
	}
	t.Pending = nil
}

func (t *tokens) expected() []byte {
	if t.Capturing {
		return []byte(endToken)
	}
	return []byte(beginToken)
}

// prefixAtEnd returns the length of the longest proper prefix of token that data ends in.
func prefixAtEnd(data, token []byte) int {
	for n := min(len(data), len(token)-1); n > 0; n-- {
		if bytes.HasSuffix(data, token[:n]) {
			return n
		}
	}
	return 0
}

// bound is the capture buffer with upstream's rule for overflow (fact 186): as many bytes
// are dropped at the front as are added, and a piece is kept whole even if it is larger
// than the limit.
type bound struct {
	Data []byte
}

func (b *bound) add(p []byte, limit int) {
	if len(b.Data)+len(p) > limit {
		b.Data = b.Data[min(len(p), len(b.Data)):]
	}
	b.Data = append(b.Data, p...)
}

// take returns the data and leaves the buffer empty.
func (b *bound) take() []byte {
	data := b.Data
	b.Data = nil
	return data
}
