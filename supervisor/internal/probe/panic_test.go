package probe

import (
	"testing"

	"reeve/supervisor/rescue"
)

// A probe that panics says nothing about its program, and the pool goes on.
func TestPanic(t *testing.T) {
	p := newPool(t, Options{Signal: ignored})
	p.http = nil
	panics := make(chan *rescue.Panic, 1)
	defer rescue.Listen(func(p *rescue.Panic) { panics <- p })()
	wants(t, p, url("http://127.0.0.1:1/"), patience, "inconclusive: supervisord failed while it checked")
	if p := <-panics; p.Where != "a check" || p.Vital {
		t.Errorf("%+v", p)
	}
	wants(t, p, tcp(listener(t).Addr().String()), patience, "ok")
}
