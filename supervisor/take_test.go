package supervisor

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/datadriven"

	"reeve/config"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// What has ended while no loop ran has ended before time goes on: it is not RUNNING first.
func TestEndsComeBeforeTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &trace{start: time.Now()}
		sc := &scenario{
			t: t, config: &config.Config{}, base: tr.start, trace: tr, kernel: newFakeKernel(tr), prober: newFakeProber(tr),
			hears: newFakeNotifier(tr), kept: &fakeStateFile{trace: tr}, table: &fakeTable{trace: tr, outputs: make(chan capture.Output, 1000)}, reign: &reign{over: make(chan struct{})},
		}
		defer sc.close()
		sc.config.Groups = []*config.Group{{Name: "web", Processes: sc.processes(&datadriven.TestData{Input: "web startsecs=5 startretries=0"})}}
		stepRun(sc, &datadriven.TestData{})
		synctest.Wait()
		old := sc.sup
		old.requests <- posted{request: handoffRequest{}}
		synctest.Wait()
		left := old.loop.save(time.Since(sc.base))
		time.Sleep(time.Minute)
		pid := sc.kernel.pids["web"]
		sc.kernel.exit(pid, process.Exit{Code: 3})
		tr.take()
		next := &Supervisor{requests: make(chan posted), ended: old.ended, opt: old.opt}
		next.loop = restore(left, old.loop.ports, next, time.Now(), time.Since(sc.base))
		next.loop.resumed = true
		next.loop.taken = &Handed{Kernel: spawn.Handed{Exits: []spawn.HandedExit{{Pid: pid, Status: process.Exit{Code: 3}}}}}
		sc.sup = next
		sc.replaced = append(sc.replaced, old)
		sc.run()
		synctest.Wait()
		if seen := tr.take(); strings.Contains(seen, "RUNNING") || !strings.Contains(seen, "exited: web (exit status 3; not expected)") {
			t.Error("it logged:\n" + seen)
		}
	})
}

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
