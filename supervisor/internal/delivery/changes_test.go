package delivery

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"reeve/supervisor/event"
)

// A buffer that is kept up by its changes is always the buffer itself, whatever happens to
// that between two calls.
func TestChanges(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := NewPool("pool", Options{Size: 8, Largest: 100})
	p.Booted, p.bus = true, &Bus{}
	p.Buffer = []Queued{{Serial: 1}, {Serial: 2}} // from elsewhere
	p.next()
	p.Mark()
	kept := slices.Clone(p.Buffer)
	for n := range uint64(20000) {
		switch r.IntN(4) {
		case 0, 1:
			p.accept(Queued{Event: event.Event{Payload: "x"}, Serial: n}, 1+r.IntN(2))
		case 2:
			p.putBack(nil, Queued{Serial: n})
		case 3:
			if len(p.Buffer) > 0 {
				p.next()
			}
		}
		if r.IntN(5) > 0 {
			continue
		}
		kept = p.Changes().Apply(kept)
		if len(kept) != len(p.Buffer) || len(kept) > 0 && !reflect.DeepEqual(kept, p.Buffer) {
			t.Fatalf("after %d: kept %v, the buffer is %v", n, kept, p.Buffer)
		}
	}
}
