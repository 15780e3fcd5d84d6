package supervisor

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// TestRestoreWhatOthersLeft restores the loop that is in a file of a released format, and
// saves it again: it is the same.
func TestRestoreWhatOthersLeft(t *testing.T) {
	text, err := os.ReadFile("../cmd/supervisord/testdata/handover-1.json")
	if err != nil {
		t.Fatal(err)
	}
	var left struct {
		Supervisor Handed
	}
	if err := json.Unmarshal(text, &left); err != nil {
		t.Fatal(err)
	}
	left.Supervisor.Loop.NotifyAddress = "" // of a socket that is taken separately
	trace := &trace{start: time.Now()}
	s := &scenario{t: t, trace: trace, kernel: newFakeKernel(trace), table: &fakeTable{trace: trace}, prober: newFakeProber(trace)}
	opt := Options{Log: trace}
	handle := &Supervisor{opt: opt}
	now, mono := time.Now(), left.Supervisor.Since
	l := restore(left.Supervisor.Loop, portsOf(&opt, s.devices()), handle, now, mono)
	var lines []string
	for c := range l.groups.each() {
		lines = append(lines, c.name().String()+" "+c.machine.State.String())
	}
	const want = "ear:ear RUNNING, fast:fast RUNNING, flaky:flaky BACKOFF, never:never STOPPED, ready:ready STARTING, " +
		"stubborn:stubborn STOPPING, waits:waits STOPPED, " +
		"web:api RUNNING, web:worker_0 RUNNING, web:worker_1 RUNNING"
	if got := strings.Join(lines, ", "); got != want {
		t.Errorf("restored %s, want %s", got, want)
	}
	var texts [2]string
	for i, v := range []any{left.Supervisor.Loop, l.save(mono)} {
		text, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	before, after := strings.Split(texts[0], "\n"), strings.Split(texts[1], "\n")
	for i := range min(len(before), len(after)) {
		if before[i] != after[i] {
			t.Fatalf("line %d was %s and is %s", i, before[i], after[i])
		}
	}
	if len(before) != len(after) {
		t.Errorf("%d lines became %d", len(before), len(after))
	}
}
