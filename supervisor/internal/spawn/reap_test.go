package spawn

import "testing"

// Reap is called for some children before they end, for some after, for some never: each
// end is delivered once.
func TestReapNamesSomeChildren(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
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
		seen := map[int]bool{}
		see := func(e Exit) {
			if seen[e.Pid] || e.Orphan || e.Status.Code != 0 {
				t.Errorf("exit %+v, told before: %v", e, seen[e.Pid])
			}
			seen[e.Pid] = true
		}
		reap := func(pid int) {
			if e, ended := k.Reap(pid); ended {
				see(e)
			}
		}
		for i, s := range children {
			if i%3 == 0 {
				reap(s.Pid)
			}
			drain(t, s)
			if i%3 == 1 {
				reap(s.Pid)
			}
		}
		for len(seen) < n {
			see(exited(t, k))
		}
		for _, s := range children {
			if !seen[s.Pid] {
				t.Errorf("no end of %d", s.Pid)
			}
		}
	})
}
