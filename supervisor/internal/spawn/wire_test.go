package spawn

import (
	"reflect"
	"testing"
)

func examplePlans() []*plan {
	nice := -5
	return []*plan{
		{Umask: -1},
		{File: "/bin/true", Argv: []string{"true", "", "é\x00\n"}, Env: []string{"A=b"}, Dir: "/", Umask: 0o22},
		{
			File: "x", Argv: []string{"x"}, Umask: -1, Nice: &nice,
			Switch: &identity{UID: 1, Groups: Groups{GID: 1<<32 - 1, Groups: []uint32{2, 3}}, Refusal: "no"},
			Limits: []Rlimit{{7, 0, 1<<64 - 1}, {4, 1, 2}},
		},
	}
}

func FuzzDecodePlan(f *testing.F) {
	for _, p := range examplePlans() {
		f.Add(p.append(nil))
		f.Add(p.append(nil)[:5])
	}
	f.Add([]byte{0xe5, 0xe4, 1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decodePlan(b)
		if err != nil {
			return
		}
		again, err := decodePlan(p.append(nil))
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Errorf("%+v became %+v, %v", p, again, err)
		}
	})
}

func TestPlanRoundTrip(t *testing.T) {
	for _, p := range examplePlans() {
		got, err := decodePlan(p.append(nil))
		if err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("%+v became %+v, %v", p, got, err)
		}
		for n := range p.append(nil) {
			if got, err := decodePlan(p.append(nil)[:n]); err == nil {
				t.Errorf("the first %d bytes of %+v became %+v", n, p, got)
			}
		}
	}
}
