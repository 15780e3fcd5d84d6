package event

import (
	"testing"

	"reeve/supervisor/process"
)

// The work that each event costs: its payload is made once, it is written once per pool,
// and the listener's answer is read.

var (
	change = process.Changed{From: process.Starting, To: process.Running, Pid: 12345}
	head   = Header{Server: "supervisor", Serial: 12345, Pool: "listener", PoolSerial: 123}
)

// answers feeds a listener's answer to an event to p and returns the state after it.
func answers(p *Parser, answer []byte) ListenerState {
	p.Sent()
	p.Feed(answer)
	return p.State
}

func BenchmarkEnvelope(b *testing.B) {
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = head.Append(buf[:0], ProcessState("program", "group", change))
	}
}

func BenchmarkResult(b *testing.B) {
	p, answer := &Parser{State: Ready}, []byte("RESULT 2\nOKREADY\n")
	b.ReportAllocs()
	for b.Loop() {
		answers(p, answer)
	}
}

func TestEventAllocates(t *testing.T) {
	var e Event
	if n := testing.AllocsPerRun(100, func() { e = ProcessState("program", "group", change) }); n > 1 {
		t.Errorf("an event makes %.0f allocations, want at most 1", n)
	}
	buf := make([]byte, 0, 1<<10)
	if n := testing.AllocsPerRun(100, func() { buf = head.Append(buf[:0], e) }); n > 0 {
		t.Errorf("an envelope makes %.0f allocations, want none", n)
	}
	p, answer := &Parser{State: Ready}, []byte("RESULT 2\nOKREADY\n")
	n := testing.AllocsPerRun(100, func() {
		if s := answers(p, answer); s != Ready {
			t.Fatalf("after its answer the listener is %s", s)
		}
	})
	if n > 2 {
		t.Errorf("an answer of a listener makes %.0f allocations, want at most 2", n)
	}
}
