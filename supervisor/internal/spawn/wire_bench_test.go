package spawn

import (
	"strconv"
	"testing"
)

// ordinaryPlan returns the plan of a program with a usual environment.
func ordinaryPlan() *plan {
	p := &plan{File: "/usr/bin/program", Argv: []string{"program", "-n", "1"}, Dir: "/", Umask: -1}
	for i := range 30 {
		p.Env = append(p.Env, "VARIABLE_"+strconv.Itoa(i)+"=value")
	}
	return p
}

func BenchmarkEncodePlan(b *testing.B) {
	p, buf := ordinaryPlan(), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		buf = p.append(buf[:0])
	}
}

func BenchmarkDecodePlan(b *testing.B) {
	data := ordinaryPlan().append(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodePlan(data); err != nil {
			b.Fatal(err)
		}
	}
}

func TestPlanAllocates(t *testing.T) {
	p := ordinaryPlan()
	buf := p.append(nil)
	if n := testing.AllocsPerRun(100, func() { buf = p.append(buf[:0]) }); n > 0 {
		t.Errorf("to encode a plan makes %.0f allocations, want none", n)
	}
	n := testing.AllocsPerRun(100, func() {
		if _, err := decodePlan(buf); err != nil {
			t.Fatal(err)
		}
	})
	if most := 5.0; n > most {
		t.Errorf("to decode a plan makes %.0f allocations, want at most %.0f", n, most)
	}
}
