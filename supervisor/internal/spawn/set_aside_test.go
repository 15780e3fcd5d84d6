package spawn

import (
	"testing"
)

// A start whose log file hangs is set aside; the others go on in order, and it succeeds
// when the cause is gone. At first more starts hang than there are workers.
func TestBeforeHangs(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		const hanging, others = 40, 10
		gone := make(chan struct{})
		for i := range hanging {
			k.Start(&Spec{ID: uint64(1000 + i), Argv: []string{"/bin/true"}, Umask: -1, Before: func() error { <-gone; return nil }})
		}
		for i := range others {
			k.Start(&Spec{ID: uint64(i), Argv: []string{"/bin/true"}, Umask: -1})
		}
		for i := range others {
			s := started(t, k)
			if s.Err != nil || s.ID != uint64(i) {
				t.Fatalf("got %+v, want start %d", s, i)
			}
			drain(t, s)
		}
		close(gone)
		for range hanging {
			s := started(t, k)
			if s.Err != nil || s.ID < 1000 {
				t.Fatalf("got %+v", s)
			}
			drain(t, s)
		}
		for range hanging + others {
			if e := exited(t, k); e.Status.Code != 0 {
				t.Errorf("%+v", e)
			}
		}
	})
}

// Close does not wait for starts that hang, and what they open later is closed.
func TestCloseWhileBeforeHangs(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	gone, inside := make(chan struct{}), make(chan struct{})
	k.Start(&Spec{Argv: []string{"/bin/true"}, Umask: -1, Before: func() error { close(inside); <-gone; return nil }})
	<-inside
	k.Close()
	close(gone)
}
