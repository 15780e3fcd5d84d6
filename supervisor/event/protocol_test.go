package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"reeve/supervisor/event"
)

// said returns what a parser made of its input, as text.
func said(words []event.Word) string {
	var b strings.Builder
	for _, w := range words {
		switch w := w.(type) {
		case event.Changed:
			fmt.Fprintf(&b, "%s->%s ", w.From, w.To)
		case event.Result:
			fmt.Fprintf(&b, "result(%s) ", w.Body)
		case event.BadResult:
			fmt.Fprintf(&b, "bad(%s) ", w.Line)
		}
	}
	return strings.TrimSpace(b.String())
}

// Test6DListenerProtocol feeds each piece at once. The piece "event" stands for an event
// that is sent.
func Test6DListenerProtocol(t *testing.T) {
	const lost = "->UNKNOWN"
	for _, c := range []struct {
		name   string
		pieces []string
		want   []string
	}{
		{"ready", []string{"READY\n"}, []string{"ACKNOWLEDGED->READY"}},
		{"ready in pieces", []string{"REA", "DY", "\n"}, []string{"", "", "ACKNOWLEDGED->READY"}},
		{"five wrong bytes are not yet wrong", []string{"hello", "!"}, []string{"", "ACKNOWLEDGED" + lost}},
		{"noise at first", []string{"hello world\nREADY\n", "READY\n"}, []string{"ACKNOWLEDGED" + lost, ""}},
		{"anything while READY", []string{"READY\n", "x"}, []string{"ACKNOWLEDGED->READY", "READY" + lost}},
		{"a second READY", []string{"READY\nREADY\n"}, []string{"ACKNOWLEDGED->READY READY" + lost}},
		{"result", []string{"READY\n", "event", "RESULT 2\nOK"}, []string{"ACKNOWLEDGED->READY", "", "result(OK)"}},
		{
			"result and READY in one write",
			[]string{"READY\n", "event", "RESULT 2\nOKREADY\n"},
			[]string{"ACKNOWLEDGED->READY", "", "result(OK) ACKNOWLEDGED->READY"},
		},
		{
			"result in pieces",
			[]string{"READY\n", "event", "RESU", "LT 4\nFA", "IL", "READY\n"},
			[]string{"ACKNOWLEDGED->READY", "", "", "", "result(FAIL)", "ACKNOWLEDGED->READY"},
		},
		{"the word is not looked at", []string{"READY\n", "event", "GARBAGE2\nOK"}, []string{"ACKNOWLEDGED->READY", "", "result(OK)"}},
		{"no number", []string{"READY\n", "event", "RESULT x\nOK"}, []string{"ACKNOWLEDGED->READY", "", "bad(RESULT x) BUSY" + lost}},
		{"a short line", []string{"READY\n", "event", "OK\n"}, []string{"ACKNOWLEDGED->READY", "", "bad(OK) BUSY" + lost}},
		{"less than nothing", []string{"READY\n", "event", "RESULT -1\n"}, []string{"ACKNOWLEDGED->READY", "", "bad(RESULT -1) BUSY" + lost}},
		{"not text", []string{"READY\n", "event", "\xff\n"}, []string{"ACKNOWLEDGED->READY", "", `bad(Undecodable: b'\xff') BUSY` + lost}},
		{"Python's numbers", []string{"READY\n", "event", "RESULT  +0_2 \nOK"}, []string{"ACKNOWLEDGED->READY", "", "result(OK)"}},
		{ // fact 204: a result of length 0
			"an empty result is noticed when more comes",
			[]string{"READY\n", "event", "RESULT 0\n", "READY\n"},
			[]string{"ACKNOWLEDGED->READY", "", "", "result() ACKNOWLEDGED->READY"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := new(event.Parser)
			for i, piece := range c.pieces {
				if piece == "event" {
					p.Sent()
					continue
				}
				if got := said(p.Feed([]byte(piece))); got != c.want[i] {
					t.Errorf("piece %d, %q: %q, want %q", i, piece, got, c.want[i])
				}
				p = reread(t, p)
			}
		})
	}
}

// reread saves a parser as JSON and restores it, which must lose nothing.
func reread(t *testing.T, p *event.Parser) *event.Parser {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	again := new(event.Parser)
	if err := json.Unmarshal(text, again); err != nil {
		t.Fatal(err)
	}
	return again
}

func TestListenerCannotMakeUsKeepMuch(t *testing.T) {
	p := new(event.Parser)
	p.Sent()
	chunk := bytes.Repeat([]byte("x"), 1<<12)
	var words []event.Word
	for range 64 {
		words = append(words, p.Feed(chunk)...)
	}
	if p.State != event.Unknown || len(p.Pending) != 0 || len(words) != 2 {
		t.Errorf("after a line of 256 KiB: state %s, %d bytes kept, %d words", p.State, len(p.Pending), len(words))
	}
	p = new(event.Parser)
	p.Sent()
	if got := said(p.Feed([]byte("RESULT 99999999999\n"))); got != "bad(RESULT 99999999999) BUSY->UNKNOWN" {
		t.Errorf("a result of 100 GB: %q", got)
	}
}

// FuzzSplit: how the input is cut makes no difference.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		"READY\n", "RESULT 2\nOKREADY\n", "RESULT 0\nREADY\n", "RESULT 4\nFAIL", "hello", "RESULT 1_0\n0123456789READY\nx", "\n", "RESULT +-0\n",
		"RESULT 2\nOKRESULT 2\nOK",
	} {
		f.Add([]byte(seed), []byte{1, 3, 2}, false)
		f.Add([]byte(seed), []byte{0, 5}, true)
	}
	f.Fuzz(func(t *testing.T, input, cuts []byte, busy bool) {
		whole, pieces := new(event.Parser), new(event.Parser)
		if busy {
			whole.Sent()
			pieces.Sent()
		}
		want := whole.Feed(input)
		var got []event.Word
		rest := input
		for _, c := range cuts {
			n := min(int(c), len(rest))
			got = append(got, pieces.Feed(rest[:n])...)
			rest = rest[n:]
		}
		got = append(got, pieces.Feed(rest)...)
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(pieces, whole) {
			t.Errorf("in pieces: %s, %+v\nwhole:     %s, %+v", said(got), pieces, said(want), whole)
		}
	})
}
