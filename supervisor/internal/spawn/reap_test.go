package spawn

import "testing"

// Some children are named by Reap before they ended, some after, some never: each end is told once.
func TestReapNamesSomeChildren(t *testing.T) {
	eachStarter(t, func(t *testing.T, how method) {
		k := newTestKernel(t, Options{}, &how)
		const n = 60
		var children []Started
		for i := range n {
			k.Start(&Spec{ID: uint64(i), Argv: []string{"/bin/cat"}, Umask: -1})
		}
		for range n {
			s := started(t, k)
			if s.Err != nil {
				t.Fatal(s.Err)
			}
			children = append(children, s)
		}
		for i, s := range children {
			if i%3 == 0 {
				k.Reap(s.Pid)
			}
			drain(t, s)
			if i%3 == 1 {
				k.Reap(s.Pid)
			}
		}
		seen := map[int]bool{}
		for range n {
			e := exited(t, k)
			if seen[e.Pid] || e.Orphan || e.Status.Code != 0 {
				t.Errorf("exit %+v, told before: %v", e, seen[e.Pid])
			}
			seen[e.Pid] = true
		}
		for _, s := range children {
			if !seen[s.Pid] {
				t.Errorf("no end of %d", s.Pid)
			}
		}
	})
}
