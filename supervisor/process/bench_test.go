package process

import (
	"syscall"
	"testing"
	"time"
)

// cycle takes a process from a start through RUNNING to its exit; the next call's Elapsed
// restarts it.
func cycle(m *Machine, now time.Time) {
	m.Elapsed(now, false) // autostart, or the restart after the last cycle
	m.Spawned(now, 4711)
	now = now.Add(2 * time.Second)
	m.Elapsed(now, false)
	m.Exited(now, Exit{})
}

func newCycling() *Machine {
	return New("program", Policy{
		Autostart: true, Autorestart: AutorestartAlways, StartFor: time.Second, StartRetries: 3, ExitCodes: []int{0},
		StopSignal: StopBy(syscall.SIGTERM), StopWait: 10 * time.Second,
	})
}

func BenchmarkCycle(b *testing.B) {
	m, now := newCycling(), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		cycle(m, now)
	}
}

func TestCycleAllocates(t *testing.T) {
	m, now := newCycling(), time.Now()
	n := testing.AllocsPerRun(100, func() { cycle(m, now) })
	if m.State != Exited {
		t.Fatalf("the cycle ends in %s", m.State)
	}
	if n > 7 {
		t.Errorf("a start, its success, an exit and the restart make %.0f allocations, want at most 7", n)
	}
}
