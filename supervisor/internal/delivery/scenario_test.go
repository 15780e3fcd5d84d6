package delivery

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"reeve/supervisor/event"
	"reeve/supervisor/internal/golden"
	"reeve/supervisor/process"
)

// The scenarios in testdata/ are the bus's behaviour as text, in virtual time. Each is
// played twice: as it is, and with everything saved as JSON before every step and
// restored. Both must show the same. Run with -rewrite to update them.
//
//	pool NAME events=A+B buffer=N judge=NAME   a pool
//	process NAME pool=NAME                     one of its processes, RUNNING
//	change NAME events=A+B …                   other options of a pool
//	publish TYPE                               an event; the payload is the next line
//	say NAME                                   the process writes to its stdout; \n is a
//	                                           newline
//	die NAME, born NAME                        the process ends; it is RUNNING again
//	deaf NAME                                  writes to its stdin fail from now on
//	pass DURATION                              time passes
//
// After each step what can be sent is sent; then the next instant at which there is
// something to do is shown.

func TestScenarios(t *testing.T) {
	golden.Play(t, func(t *testing.T, file string, handoff bool) {
		s := &scenario{handoff: handoff, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
		s.start, s.bus = s.now, &Bus{Debug: true}
		datadriven.RunTest(t, file, s.step)
	})
}

type scenario struct {
	handoff    bool
	bus        *Bus
	pools      []*Pool
	listeners  []*Listener
	deaf       map[string]bool
	start, now time.Time
	out        strings.Builder
}

func (s *scenario) step(t *testing.T, d *datadriven.TestData) string {
	s.out.Reset()
	if s.handoff {
		s.replace(t)
	}
	var name string
	if len(d.CmdArgs) > 0 {
		name = d.CmdArgs[0].Key
	}
	input := strings.ReplaceAll(strings.TrimSuffix(d.Input, "\n"), `\n`, "\n")
	switch d.Cmd {
	case "pool":
		p := NewPool(name, options(t, d))
		s.pools = append(s.pools, p)
		s.bus.Subscribe(p)
		s.show(s.bus.Tick(s.now))
	case "change":
		s.bus.Change(s.find(t, name), options(t, d))
	case "process":
		var pool string
		d.ScanArgs(t, "pool", &pool)
		l := &Listener{Name: name, Up: true}
		s.listeners = append(s.listeners, l)
		s.find(t, pool).Join(l)
	case "publish":
		kind, ok := event.ByName(name)
		if !ok {
			t.Fatalf("%s: no type %s", d.Pos, name)
		}
		s.show(s.bus.Publish(event.Event{Type: kind, Payload: input}))
	case "say":
		s.show(s.listener(t, name).Heard(s.now, []byte(input)))
	case "die":
		s.show(s.listener(t, name).Died())
	case "born":
		l := s.listener(t, name)
		l.Started(l.Row + 1)
		l.Up = true
		delete(s.deaf, name)
	case "deaf":
		s.deaf = map[string]bool{name: true}
	case "pass":
		by, err := time.ParseDuration(name)
		if err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(by)
		s.show(s.bus.Tick(s.now))
	default:
		t.Fatalf("%s: unknown step %s", d.Pos, d.Cmd)
	}
	s.dispatch()
	if at, ok := s.bus.Next(s.now); ok {
		fmt.Fprintf(&s.out, "next at %s\n", at.Sub(s.start))
	}
	return s.out.String()
}

// options reads the arguments of pool and change.
func options(t *testing.T, d *datadriven.TestData) Options {
	var events, judge string
	opt := Options{Size: 10, Largest: 1000}
	d.ScanArgs(t, "events", &events)
	d.MaybeScanArgs(t, "buffer", &opt.Size)
	d.MaybeScanArgs(t, "largest", &opt.Largest)
	d.MaybeScanArgs(t, "judge", &judge)
	opt.Events = strings.Split(events, "+")
	opt.Judge = map[string]Judge{"stdout": PrintLines, "stdin": WriteToStdin}[judge]
	return opt
}

func (s *scenario) dispatch() {
	for m, ok := s.bus.Offer(s.now); ok; m, ok = s.bus.Offer(s.now) {
		if s.deaf[m.To.Name] {
			s.show(m.SendFailed())
			continue
		}
		fmt.Fprintf(&s.out, "send %s: %q\n", m.To.Name, m.Append(nil, "s"))
		s.show(m.Sent())
	}
}

func (s *scenario) show(effects []Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case Log:
			level := map[process.Level]string{process.Error: "ERRO", process.Warn: "WARN", process.Debug: "DEBG"}[e.Level]
			fmt.Fprintf(&s.out, "%s %s\n", level, e.Text)
		case Print:
			fmt.Fprintf(&s.out, "print %q\n", e.Text)
		case WriteStdin:
			fmt.Fprintf(&s.out, "stdin of %s:%s: %q\n", e.Group, e.Process, e.Data)
		}
	}
}

func (s *scenario) find(t *testing.T, name string) *Pool {
	for _, p := range s.pools {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no pool %s", name)
	return nil
}

func (s *scenario) listener(t *testing.T, name string) *Listener {
	for _, l := range s.listeners {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("no process %s", name)
	return nil
}

// replace saves everything and restores it.
func (s *scenario) replace(t *testing.T) {
	bus := &Bus{Debug: true}
	reread(t, &s.bus.Numbers, &bus.Numbers)
	pools := map[*Pool]*Pool{}
	for i, old := range s.pools {
		p := NewPool(old.Name, old.opt)
		reread(t, old, p)
		bus.Subscribe(p)
		pools[old], s.pools[i] = p, p
	}
	for i, old := range s.listeners {
		l := new(Listener)
		reread(t, old, l)
		l.Name, l.Row, l.Up = old.Name, old.Row, old.Up
		pools[old.pool].Join(l)
		s.listeners[i] = l
	}
	s.bus = bus
}

func reread[T any](t *testing.T, from, to *T) {
	t.Helper()
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}
