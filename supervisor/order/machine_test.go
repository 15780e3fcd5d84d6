package order

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reeve/supervisor/process"
)

// simple returns a process that is its own group, and needs others like it.
func simple(id ID, name string, needs ...string) Process {
	p := Process{ID: id, Group: name, Program: name, Name: name}
	for _, n := range needs {
		p.Needs = append(p.Needs, Need{Target: Target{Program: n}})
	}
	return p
}

func TestACircleChangesNothing(t *testing.T) {
	var m Machine
	circle := []Process{simple(1, "a", "b"), simple(2, "b", "a")}
	_, err := m.Add(circle, nil)
	var e *CircleError
	if !errors.As(err, &e) || !slices.Equal(e.IDs, []ID{1, 2}) {
		t.Fatalf("got error %v", err)
	}
	if !reflect.DeepEqual(m, Machine{}) {
		t.Errorf("the Machine is not what it was: %+v", m)
	}

	// The same among others that wait: the dependants of db are old.
	if _, err := m.Add([]Process{simple(1, "app", "cache"), simple(2, "cache", "db"), simple(3, "web", "db")}, nil); err != nil {
		t.Fatal(err)
	}
	m.Start([]ID{1, 2, 3}, Request{})
	before := shape(&m)
	if _, err := m.Add([]Process{simple(4, "db", "app"), simple(5, "log")}, nil); err == nil ||
		err.Error() != "dependencies form a circle: db -> app -> cache -> db" {
		t.Errorf("got error %v", err)
	}
	if after := shape(&m); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if _, err := m.Add([]Process{simple(4, "db")}, nil); err != nil {
		t.Fatal(err)
	}
	if got := m.Start([]ID{4}, Request{}); len(got) != 1 {
		t.Errorf("the start of db gives %v", got)
	}

	// One that needs itself, by its group.
	self := simple(6, "x")
	self.Needs = []Need{{Target: Target{Group: "x"}}}
	if _, err := m.Add([]Process{self}, nil); err == nil || err.Error() != "dependencies form a circle: x -> x" {
		t.Errorf("got error %v", err)
	}
}

// shape returns everything in a Machine that counts.
func shape(m *Machine) string {
	var b strings.Builder
	text, _ := json.Marshal(m.Save())
	b.Write(text)
	for _, n := range m.byID() {
		b.WriteString("\n" + n.name + " " + n.said + " " + m.waits(n))
		for _, g := range n.needs {
			b.WriteString(" needs " + g.String())
		}
		for _, in := range n.in {
			b.WriteString(" in " + in.gate.String())
		}
	}
	return b.String()
}

func TestNothingCostsNothing(t *testing.T) {
	var m Machine
	batch := []Process{simple(1, "a"), simple(2, "b")}
	ids := []ID{1, 2}
	running := Facts{State: process.Running, Child: true}
	if n := testing.AllocsPerRun(100, func() {
		m.Add(batch, nil)
		m.Changed(1, running)
		m.Remove(ids...)
		m.Waiting(1)
	}); n != 0 {
		t.Errorf("without dependencies it makes %v allocations", n)
	}
	if m.Active() {
		t.Error("without dependencies it is active")
	}

	batch[1] = simple(2, "b", "a")
	if _, err := m.Add(batch, nil); err != nil {
		t.Fatal(err)
	}
	stopped := Facts{State: process.Stopping, Child: true}
	m.Changed(1, running)
	if n := testing.AllocsPerRun(100, func() {
		m.Changed(1, stopped)
		m.Changed(1, running)
	}); n != 0 {
		t.Errorf("a change without consequence makes %v allocations", n)
	}
}

func TestObstacles(t *testing.T) {
	var m Machine
	app := simple(1, "app", "db", "cache")
	app.Needs = append(app.Needs, Need{Target{Group: "web"}, Healthy}, Need{Target{Program: "gone"}, Done})
	batch := []Process{
		app, simple(2, "db"), simple(3, "cache"),
		{ID: 4, Group: "web", Program: "web", Name: "web_0"},
		{ID: 5, Group: "web", Program: "web", Name: "web_1"},
	}
	if _, err := m.Add(batch, nil); err != nil {
		t.Fatal(err)
	}
	if got := m.Obstacles(1, 10); got != nil {
		t.Errorf("it has %v in its way and does not wait", got)
	}
	m.Start([]ID{1}, Request{})
	m.Changed(2, Facts{State: process.Running, Child: true})
	m.Changed(4, Facts{State: process.Running, Child: true, Healthy: true})
	m.Changed(5, Facts{State: process.Starting, Child: true})
	want := []Obstacle{{3, "cache", Ready, process.Stopped}, {5, "web:web_1", Healthy, process.Starting}, {0, "gone", Done, process.Stopped}}
	if got := m.Obstacles(1, 10); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := m.Obstacles(1, 1); !slices.Equal(got, want[:1]) {
		t.Errorf("got %v, want only the first of %v", got, want)
	}
}

// TestUnknownIDs: what the Machine does not know has no relations, and nothing to remember.
func TestUnknownIDs(t *testing.T) {
	var m Machine
	if _, err := m.Add([]Process{simple(1, "app", "db", "db"), simple(2, "db")}, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		got, want []Effect
	}{
		{"start", m.Start([]ID{9}, Request{}), []Effect{Start{ID: 9, Reason: "request"}}},
		{"stop", m.Stop([]ID{9}, "x"), []Effect{Stop{ID: 9, Reason: "x"}}},
		{"restart", m.Restart([]ID{9}, Request{}), []Effect{Over{9}}},
		{"removal", m.Remove(9), nil},
		{"change", m.Changed(9, Facts{State: process.Running}), nil},
		{"needs given twice", m.Start([]ID{1, 2}, Request{Reason: "boot"}), []Effect{Start{ID: 2, Reason: "boot"}, Wait{1, "db (STARTING)"}}},
		{"and once open", m.Changed(2, Facts{State: process.Running, Child: true}), []Effect{Start{ID: 1, Reason: "boot"}}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
	if m.Waiting(9) != "" || m.Obstacles(9, 1) != nil {
		t.Error("what is not known waits")
	}
}

func TestWords(t *testing.T) {
	for _, c := range []Condition{Ready, Started, Healthy, Done, Exited} {
		text, _ := c.MarshalText()
		var back Condition
		if err := back.UnmarshalText(text); err != nil || back != c {
			t.Errorf("%s becomes %s (%v)", c, back, err)
		}
	}
	var c Condition
	if err := c.UnmarshalText([]byte("Ready")); err == nil {
		t.Error("Ready with a capital is a condition")
	}
	for _, o := range []OnDependency{KeepRunning, RestartAfter, StopToo} {
		if back, err := ParseOnDependency(o.String()); err != nil || back != o {
			t.Errorf("%s becomes %s (%v)", o, back, err)
		}
	}
	if _, err := ParseOnDependency("die"); err == nil || err.Error() != "'die' is none of keep, restart, stop" {
		t.Errorf("got error %v", err)
	}
}

func TestWarnings(t *testing.T) {
	specs := []Spec{
		{Group: "app", Program: "app", Name: "app_0", Autostart: true, DependsOn: "db,cache"},
		{Group: "app", Program: "app", Name: "app_1", Autostart: true, DependsOn: "db,cache"},
		{Group: "tool", Program: "tool", Name: "tool", DependsOn: "db"},
		{Group: "db", Program: "db", Name: "db"},
		{Group: "cache", Program: "cache", Name: "cache", Autostart: true},
	}
	needs, refused := Resolve(specs)
	if refused != nil {
		t.Fatal(refused)
	}
	want := []string{"program app is started at boot and waits for db, which is not (autostart=false)"}
	if got := Warnings(specs, needs); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if needs, refused := Resolve(specs[3:]); needs != nil || refused != nil {
		t.Errorf("without dependencies: %v, %v", needs, refused)
	}
	if got := Warnings(specs[3:], nil); got != nil {
		t.Errorf("without dependencies: %q", got)
	}
}

// TestRefusedAt: the index says whose depends_on is to blame.
func TestRefusedAt(t *testing.T) {
	specs := []Spec{
		{Group: "a", Program: "a", Name: "a"},
		{Group: "b", Program: "b", Name: "b", DependsOn: "c"},
		{Group: "c", Program: "c", Name: "c", DependsOn: "b"},
		{Group: "d", Program: "d", Name: "d", DependsOn: "x"},
	}
	for _, c := range []struct{ last, index int }{{4, 3}, {3, 1}} {
		_, refused := Resolve(specs[:c.last])
		if refused == nil || refused.Index != c.index {
			t.Errorf("of %d: refused %+v, want index %d", c.last, refused, c.index)
		}
	}
}
