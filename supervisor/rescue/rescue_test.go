package rescue

import (
	"strings"
	"testing"
)

// heard returns the panics that f causes.
func heard(t *testing.T, f func()) (all []*Panic) {
	t.Helper()
	defer Listen(func(p *Panic) { all = append(all, p) })()
	f()
	return all
}

func explode() { panic("poison") }

func TestRun(t *testing.T) {
	var returned *Panic
	all := heard(t, func() { returned = Run("a turn", explode) })
	if len(all) != 1 || all[0] != returned {
		t.Fatalf("reported %v, returned %v", all, returned)
	}
	p := all[0]
	if p.Short() != "panic in a turn: poison" || p.Vital || !strings.Contains(p.Stack, "explode") {
		t.Errorf("%+v", p)
	}
	if all := heard(t, func() { returned = Run("a turn", func() {}) }); len(all) != 0 || returned != nil {
		t.Errorf("without a panic: %v, %v", all, returned)
	}
	if all := heard(t, func() { Vital("it", explode) }); len(all) != 1 || !all[0].Vital {
		t.Errorf("vital: %v", all)
	}
	if all := heard(t, Around("it", explode)); len(all) != 1 {
		t.Errorf("around: %v", all)
	}
}

// While nobody listens a panic does what it always does.
func TestNobodyListens(t *testing.T) {
	heard(t, func() {}) // whose end counts
	defer func() {
		if recover() != "poison" {
			t.Error("it was swallowed")
		}
	}()
	Run("a turn", explode)
}

func TestKeep(t *testing.T) {
	queue := []func(){func() {}, explode, func() {}, explode, func() {}}
	done := 0
	all := heard(t, func() {
		Keep("a queue", func() {
			for len(queue) > 0 {
				f := queue[0]
				queue = queue[1:]
				f()
				done++
			}
		})
	})
	if done != 3 || len(all) != 2 || all[1].Vital {
		t.Errorf("%d were done, with %d panics", done, len(all))
	}
	all = heard(t, func() { Keep("a loop", explode) })
	if len(all) != keepMost || !all[keepMost-1].Vital || all[keepMost-2].Vital {
		t.Errorf("it ended after %d panics", len(all))
	}
}

// A listener that fails is no worse than the panic.
func TestReportFails(t *testing.T) {
	defer Listen(func(*Panic) { panic("the log is broken too") })()
	if p := Run("a turn", explode); p == nil || p.Value != "poison" {
		t.Errorf("%v", p)
	}
}
