package capture

import "bytes"

// The capture tokens (checklist 185).
const (
	beginToken = "<!--XSUPERVISOR:BEGIN-->"
	endToken   = "<!--XSUPERVISOR:END-->"
)

// tokens finds the capture tokens in a stream. It is plain data, and how the stream is cut into pieces makes no difference to
// what it finds. Only what may be the begin of a token is held back, where upstream holds back short output as well
// (checklist 187).
type tokens struct {
	Capturing bool
	Pending   []byte // the begin of a token, perhaps
}

// feed takes the next piece and passes on what is not a token: to text, with Capturing saying of which kind it is. ended is
// called at each END. What text gets is valid during the call only.
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

// flush passes on what is held back: no more will come (upstream loses it).
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

// prefixAtEnd returns the length of the longest begin of token, not all of it, that data ends in.
func prefixAtEnd(data, token []byte) int {
	for n := min(len(data), len(token)-1); n > 0; n-- {
		if bytes.HasSuffix(data, token[:n]) {
			return n
		}
	}
	return 0
}

// bound is the capture buffer with upstream's rule for too much: as much is dropped in front as comes, and what comes is kept
// whole, even if it is larger than the buffer (checklist 186).
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
