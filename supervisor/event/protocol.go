package event

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// ListenerState is the state of a listener in its protocol (fact 6D).
type ListenerState int

// The states. A new child is ACKNOWLEDGED; UNKNOWN is final for that child.
const (
	Acknowledged ListenerState = iota
	Ready
	Busy
	Unknown
)

// String returns the name that the main log shows.
func (s ListenerState) String() string {
	return [...]string{"ACKNOWLEDGED", "READY", "BUSY", "UNKNOWN"}[s]
}

// Word is one thing that a listener said: Changed, Result or BadResult.
type Word interface{ isWord() }

// Changed is a change of state that follows from the input alone.
type Changed struct{ From, To ListenerState }

// Result is a complete result; the listener is ACKNOWLEDGED again. Body is valid until
// the next Feed.
type Result struct{ Body []byte }

// BadResult is a result line without a length in it; Changed to UNKNOWN follows.
type BadResult struct{ Line string }

func (Changed) isWord()   {}
func (Result) isWord()    {}
func (BadResult) isWord() {}

const (
	readyToken  = "READY\n"
	resultToken = "RESULT "
	// maxLine and maxResult bound how much of a listener's output is kept; no real
	// listener comes near.
	maxLine   = 64 << 10
	maxResult = 16 << 20
)

// Parser follows the protocol of one listener. Its fields are plain data. How the input
// is cut into pieces makes no difference, except in one case that upstream has too: an
// empty result is noticed only when more data comes (fact 204).
type Parser struct {
	State   ListenerState
	Pending []byte // not parsed yet
	Length  int    // of the result under way, in bytes
	Body    bool   // the result line was read, its body is next
}

// Sent notes that an event was sent to a READY listener: it is BUSY.
func (p *Parser) Sent() { p.State, p.Body = Busy, false }

// Feed takes what the listener wrote and returns what that says, in order.
func (p *Parser) Feed(data []byte) []Word {
	if p.State == Unknown {
		return nil
	}
	ours := len(p.Pending) > 0
	if ours {
		data = append(p.Pending, data...)
	}
	p.Pending = data
	var words []Word
	for len(p.Pending) > 0 {
		var more bool
		if words, more = p.step(words); !more {
			break
		}
	}
	switch {
	case len(p.Pending) == 0:
		p.Pending = nil
	case !ours:
		p.Pending = bytes.Clone(p.Pending)
	}
	return words
}

// step parses one thing, appends the word for it and reports whether another may follow.
func (p *Parser) step(words []Word) ([]Word, bool) {
	switch p.State {
	case Acknowledged:
		if len(p.Pending) < len(readyToken) {
			return words, false
		}
		if !bytes.HasPrefix(p.Pending, []byte(readyToken)) {
			return append(words, p.lost()), false
		}
		p.Pending = p.Pending[len(readyToken):]
		p.State = Ready
		return append(words, Changed{Acknowledged, Ready}), true
	case Ready:
		return append(words, p.lost()), false
	case Busy:
		if p.Body {
			return p.body(words)
		}
		return p.line(words)
	case Unknown:
	}
	return words, false
}

// line reads the result line; as in upstream, its first seven bytes may be anything.
func (p *Parser) line(words []Word) ([]Word, bool) {
	line, rest, found := bytes.Cut(p.Pending, []byte("\n"))
	if !found && len(p.Pending) <= maxLine {
		return words, false
	}
	n, ok := length(line[min(len(resultToken), len(line)):])
	if !ok || len(line) > maxLine {
		return append(words, BadResult{Text(line[:min(len(line), maxLine)])}, p.lost()), false
	}
	p.Pending, p.Length, p.Body = rest, n, true
	return words, true
}

func (p *Parser) body(words []Word) ([]Word, bool) {
	if len(p.Pending) < p.Length {
		return words, false
	}
	body := p.Pending[:p.Length:p.Length]
	p.Pending = p.Pending[p.Length:]
	p.State, p.Body = Acknowledged, false
	return append(slices.Grow(words, 2), Result{body}), true // READY usually follows
}

// Fail is for a result that could not be handled: the listener is UNKNOWN, and what it
// wrote since is dropped.
func (p *Parser) Fail() { p.lost() }

// lost ends the conversation: the listener broke the protocol, or its result failed.
func (p *Parser) lost() Word {
	from := p.State
	p.State, p.Pending, p.Body = Unknown, nil, false
	return Changed{from, Unknown}
}

// length reads a number as Python's int does, within 0 and maxResult.
func length(b []byte) (int, bool) {
	digits := strings.Trim(string(b), " \t\n\v\f\r")
	for part := range strings.SplitSeq(strings.TrimLeft(digits, "+-"), "_") {
		if part == "" { // underscores stand between digits only
			return 0, false
		}
	}
	n, err := strconv.Atoi(strings.ReplaceAll(digits, "_", ""))
	return n, err == nil && n >= 0 && n <= maxResult
}
