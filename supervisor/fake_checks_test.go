package supervisor

import (
	"fmt"
	"os"
	"slices"
	"sync"

	"reeve/config/health"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/notify"
	"reeve/supervisor/internal/probe"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// fakeProber plays the programs that are probed: a step says how each answers.
type fakeProber struct {
	trace   *trace
	reports chan probe.Report
	mu      sync.Mutex // for asked
	asked   []check.Probe
	pids    map[int]check.ID
}

func newFakeProber(t *trace) *fakeProber {
	return &fakeProber{trace: t, reports: make(chan probe.Report, 100), pids: map[int]check.ID{}}
}

func (p *fakeProber) Reports() <-chan probe.Report { return p.reports }

func (p *fakeProber) Ask(c check.Probe) {
	p.trace.printf("probe %s", c.Target)
	p.mu.Lock()
	p.asked = append(p.asked, c)
	p.mu.Unlock()
	if c.Target.Kind == health.Exec {
		p.reports <- probe.Start{ID: c.ID, Argv: c.Target.Argv}
	}
}

func (p *fakeProber) Cancel(id check.ID) {
	p.trace.printf("probe cancelled")
	p.forget(id)
}

func (p *fakeProber) forget(id check.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = slices.DeleteFunc(p.asked, func(c check.Probe) bool { return c.ID == id })
}

// open returns what was asked for and is not answered.
func (p *fakeProber) open() []check.Probe {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

func (p *fakeProber) Started(id check.ID, s spawn.Started) {
	p.trace.printf("command of a probe: pid %d %v", s.Pid, s.Err)
	p.pids[s.Pid] = id
}

func (p *fakeProber) Exited(pid int, e process.Exit) bool {
	id, ok := p.pids[pid]
	if ok {
		delete(p.pids, pid)
		p.answer(id, e.Code == 0, e.String())
	}
	return ok
}

func (p *fakeProber) Left() int { return len(p.pids) }

func (p *fakeProber) Close() {}

// answer gives the result of the probe asked for first.
func (p *fakeProber) answer(id check.ID, good bool, detail string) {
	outcome := check.Failure
	if good {
		outcome, detail = check.Success, ""
	}
	p.forget(id)
	p.reports <- probe.Result{Result: check.Result{ID: id, Outcome: outcome, Detail: detail}}
}

// fakeNotifier plays programs that send notifications.
type fakeNotifier struct {
	trace    *trace
	messages chan notify.Message
	runs     map[string]uint64
}

func newFakeNotifier(t *trace) *fakeNotifier {
	return &fakeNotifier{trace: t, messages: make(chan notify.Message, 100), runs: map[string]uint64{}}
}

func (n *fakeNotifier) Address() string                 { return "@test" }
func (n *fakeNotifier) Messages() <-chan notify.Message { return n.messages }

func (n *fakeNotifier) Add(run uint64, pid int, name string) {
	n.trace.printf("notifications of %s count from pid %d on", name, pid)
	n.runs[name] = run
}

func (n *fakeNotifier) Remove(run uint64) { n.trace.printf("notifications end") }

func (n *fakeNotifier) Close(bool) []notify.Message { return nil }
func (n *fakeNotifier) File() (*os.File, error)     { return os.Open(os.DevNull) }

// say sends what the words mean: ready, stopping, alive, status.
func (n *fakeNotifier) say(name string, words []string, status string) error {
	m := notify.Message{Run: n.runs[name]}
	for _, w := range words {
		switch w {
		case "ready":
			m.Notice.Ready = true
		case "stopping":
			m.Notice.Stopping = true
		case "reloading":
			m.Notice.Reloading = true
		case "alive":
			m.Notice.Alive = true
		default:
			return fmt.Errorf("unknown word %s", w)
		}
	}
	if status != "" {
		m.Notice.Status = &status
	}
	n.messages <- m
	return nil
}
