package supervisor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"reeve/supervisor/event"
	"reeve/supervisor/internal/capture"
)

// answering is a table whose one listener gives the answer that the test sets.
type answering struct {
	quietTable
	answer string // returned by the next call of Answer
	seen   []string
}

func (t *answering) Send(id capture.ID, data []byte) error {
	_, payload, _ := strings.Cut(string(data), "\n")
	t.seen = append(t.seen, "sent "+payload)
	return nil
}

func (t *answering) Answer(id capture.ID) ([]byte, bool) {
	answer := t.answer
	t.answer = ""
	if answer == "" {
		return nil, true
	}
	return []byte(answer), true
}

func (t *answering) Return(id capture.ID) {
	t.seen = append(t.seen, fmt.Sprintf("returned %d", id.Proc))
}

func (t *answering) wantSeen(tt *testing.T, want ...string) {
	tt.Helper()
	if fmt.Sprintf("%q", t.seen) != fmt.Sprintf("%q", want) {
		tt.Errorf("seen %q, want %q", t.seen, want)
	}
	t.seen = nil
}

// The loop polls a listener for which more events wait until it is slow; then it sends
// some events without polling.
func TestTalk(t *testing.T) {
	l, listeners := quietLoop(1)
	l.talks = true
	c := listeners[0]
	c.row, c.listener.Row = 7, 7
	l.byRow[7] = c
	table := &answering{}
	l.table, l.streams.table = table, table
	l.now = time.Now()
	publish := func(names ...string) {
		for _, name := range names {
			l.events.publish(event.Event{Type: event.ProcessStateRunning, Payload: name})
		}
		l.settle()
	}

	publish("a")
	if l.talk.with != 0 {
		t.Error("a talk although no event waits")
	}
	table.wantSeen(t, "sent a")
	l.output(capture.Chunk{ID: capture.ID{Proc: 7, Channel: capture.Stdout}, Data: []byte("RESULT 2\nOKREADY\n")})

	publish("b", "c", "d")
	table.wantSeen(t, "sent b")
	if l.talk.with != 7 {
		t.Fatal("no talk although events wait")
	}
	for _, next := range []string{"sent c", "sent d"} {
		table.answer = "RESULT 2\nOKREADY\n"
		l.hear()
		l.settle()
		table.wantSeen(t, next)
	}

	l.hear()
	table.wantSeen(t) // it goes on polling
	l.now = l.now.Add(lookFor)
	l.hear()
	table.wantSeen(t, "returned 7")
	if l.talk.with != 0 {
		t.Error("the talk goes on without an answer")
	}

	publish("e", "f", "g", "h")
	var talks strings.Builder
	for range 3 {
		l.output(capture.Chunk{ID: capture.ID{Proc: 7, Channel: capture.Stdout}, Data: []byte("RESULT 2\nOKREADY\n")})
		l.settle()
		talks.WriteString(fmt.Sprint(l.talk.with, " "))
	}
	table.wantSeen(t, "sent e", "sent f", "sent g")
	if talks.String() != "0 7 7 " {
		t.Errorf("after a slow answer, talks with %s: want none for one event", talks.String())
	}
	l.hear()
	table.wantSeen(t)
	delete(l.byRow, 7) // it ended
	l.hear()
	table.wantSeen(t, "returned 7")
}
