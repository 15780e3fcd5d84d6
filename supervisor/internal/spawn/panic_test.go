package spawn

import (
	"testing"

	"reeve/supervisor/rescue"
)

// listen collects panics.
func listen(t *testing.T) <-chan *rescue.Panic {
	panics := make(chan *rescue.Panic, 10)
	t.Cleanup(rescue.Listen(func(p *rescue.Panic) { panics <- p }))
	return panics
}

func TestPanicWhilePreparing(t *testing.T) {
	panics := listen(t)
	k := newTestKernel(t, Options{}, nil)
	k.Start(&Spec{Argv: []string{"/bin/true"}, Umask: -1, Before: func() error { panic("poison") }})
	if s := started(t, k); s.Err == nil || s.Err.Error() != internalError || s.Pid != 0 || s.Stdout != -1 {
		t.Errorf("got %+v", s)
	}
	if p := <-panics; p.Vital || p.Value != "poison" {
		t.Errorf("%+v", p)
	}
}

type poison struct{}

func (poison) tell(*loop) { panic("poison") }
func (poison) drop()      {}

// After a panic of its loop a Kernel can still be handed over with all it has, and nothing
// that waited behind the cause is lost.
func TestPanicOfTheKernel(t *testing.T) {
	panics := listen(t)
	k := newTestKernel(t, Options{}, nil)
	k.Start(&Spec{Argv: []string{self(t), "wait"}, Umask: -1})
	before := started(t, k)
	k.mu.Lock() // so that all come at once
	k.mail = append(k.mail, poison{}, asked{newStart(&Spec{ID: 7, Argv: []string{self(t), "wait"}, Umask: -1})})
	k.mu.Unlock()
	k.post(poison{})
	k.wake <- struct{}{}
	behind := started(t, k)
	if behind.ID != 7 || behind.Err != nil {
		t.Fatalf("%+v", behind)
	}
	for range 2 {
		if p := <-panics; !p.Vital || p.Where != "starts and reaps" {
			t.Errorf("%+v", p)
		}
	}
	h := k.HandOver()
	if len(h.Children) != 2 {
		t.Errorf("handed %+v", h)
	}
	k2 := newTestKernel(t, Options{Handed: h}, nil)
	for _, s := range []Started{before, behind} {
		drain(t, s)
		exited(t, k2)
	}
}

// A child whose start nobody has heard of must not live on.
func TestHandOverKillsTheUnknown(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	k.Start(&Spec{Argv: []string{self(t), "wait"}, Umask: -1})
	s := started(t, k)
	k.own(s.Pid, young)
	h := k.HandOver()
	if len(h.Hidden) != 1 || h.Hidden[0] != s.Pid || len(h.Children) != 0 {
		t.Errorf("handed %+v", h)
	}
	drain(t, s) // ends when it is killed
	reapAll(t)
}
