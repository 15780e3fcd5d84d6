package order

import (
	"fmt"
	"testing"

	"reeve/supervisor/process"
)

// chain returns processes each of which needs the one before it.
func chain(n int) []Process {
	all := make([]Process, n)
	for i := range all {
		all[i] = simple(ID(i+1), fmt.Sprintf("p%d", i))
		if i > 0 {
			all[i].Needs = []Need{{Target: Target{Program: fmt.Sprintf("p%d", i-1)}}}
		}
	}
	return all
}

// crowd returns a program of n processes, each of which needs all of another one of n.
func crowd(n int) []Process {
	var all []Process
	for i := range n {
		all = append(all, Process{ID: ID(i + 1), Group: "db", Program: "db", Name: fmt.Sprintf("db_%d", i)})
	}
	for i := range n {
		all = append(all, Process{
			ID: ID(n + i + 1), Group: "app", Program: "app", Name: fmt.Sprintf("app_%d", i), Needs: []Need{{Target: Target{Program: "db"}}},
		})
	}
	return all
}

// bootAndEnd boots everything, lets it run, and stops it as at a shutdown.
func bootAndEnd(b *testing.B, all []Process) {
	var m Machine
	if _, err := m.Add(all, nil); err != nil {
		b.Fatal(err)
	}
	ids := make([]ID, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	starts, stops := 0, 0
	carry := func(effects []Effect) {
		for len(effects) > 0 {
			e := effects[0]
			effects = effects[1:]
			switch e := e.(type) {
			case Start:
				starts++
				effects = append(effects, m.Changed(e.ID, Facts{State: process.Starting})...)
				effects = append(effects, m.Changed(e.ID, Facts{State: process.Starting, Child: true})...)
				effects = append(effects, m.Changed(e.ID, Facts{State: process.Running, Child: true})...)
			case Stop:
				stops++
				effects = append(effects, m.Changed(e.ID, Facts{State: process.Stopping, Child: true})...)
				effects = append(effects, m.Changed(e.ID, Facts{State: process.Stopped})...)
			case Wait, Over, Fail:
			}
		}
	}
	carry(m.Start(ids, Request{Reason: "boot"}))
	carry(m.End())
	carry(m.Stop(ids, "shutdown"))
	if starts != len(all) || stops != len(all) {
		b.Fatalf("%d starts and %d stops of %d processes", starts, stops, len(all))
	}
}

func BenchmarkChain1000(b *testing.B) {
	all := chain(1000)
	b.ReportAllocs()
	for b.Loop() {
		bootAndEnd(b, all)
	}
}

// Each of 1,000 processes needs each of 1,000 others: a million relations.
func BenchmarkCrowd1000(b *testing.B) {
	all := crowd(1000)
	b.ReportAllocs()
	for b.Loop() {
		bootAndEnd(b, all)
	}
}

// BenchmarkCrash is the death and return of one of 1,000 processes that need each other.
func BenchmarkCrash(b *testing.B) {
	var m Machine
	if _, err := m.Add(chain(1000), nil); err != nil {
		b.Fatal(err)
	}
	running := Facts{State: process.Running, Child: true}
	for id := range ID(1000) {
		m.Changed(id+1, running)
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Changed(500, Facts{State: process.Exited, Restarts: true})
		m.Start([]ID{500}, Request{Reason: "autorestart"})
		m.Changed(500, Facts{State: process.Starting, Child: true})
		m.Changed(500, running)
	}
}

func BenchmarkResolve1000(b *testing.B) {
	specs := make([]Spec, 1000)
	for i := range specs {
		name := fmt.Sprintf("p%d", i)
		specs[i] = Spec{Group: name, Program: name, Name: name}
		if i > 0 {
			specs[i].DependsOn = fmt.Sprintf("p%d", i-1)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, refused := Resolve(specs); refused != nil {
			b.Fatal(refused)
		}
	}
}

// TestCostOfAChange: a change in a chain of 1,000 costs what it touches, not the chain.
func TestCostOfAChange(t *testing.T) {
	var m Machine
	if _, err := m.Add(chain(1000), nil); err != nil {
		t.Fatal(err)
	}
	running := Facts{State: process.Running, Child: true}
	for id := range ID(1000) {
		m.Changed(id+1, running)
	}
	if n := testing.AllocsPerRun(100, func() {
		m.Changed(500, Facts{State: process.Exited, Restarts: true})
		m.Start([]ID{500}, Request{Reason: "autorestart"})
		m.Changed(500, running)
	}); n > 3 {
		t.Errorf("a crash makes %v allocations", n)
	}
}
