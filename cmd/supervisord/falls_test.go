package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"reeve/supervisor"
	"reeve/supervisor/rescue"
)

// Only panics of the last hour count, over all images.
func TestFallsAreCounted(t *testing.T) {
	f := falls{}
	now := supervisor.Monotonic()
	f.take([]time.Duration{now - 2*fallsWithin, now - fallsWithin - time.Minute, now - fallsWithin + time.Minute})
	p := &rescue.Panic{Where: "the loop", Value: "poison"}
	for n := 2; n <= fallsMost+fallsAtEnd; n++ {
		if f.tooMany() {
			t.Errorf("too many before fall %d", n)
		}
		h := emptyHandover(t)
		f.note(h, p)
		if len(h.Falls) != n || h.Fall != "panic in the loop: poison" {
			t.Errorf("fall %d: %+v", n, h.Falls)
		}
		if ends := strings.Contains(h.Last, "within an hour; the last one was a panic in the loop: poison"); ends != (n > fallsMost) {
			t.Errorf("fall %d: %q", n, h.Last)
		}
		text, err := json.Marshal(h.Supervisor.Loop)
		if err != nil || strings.Contains(string(text), `"Status":1`) != (n > fallsMost) {
			t.Errorf("fall %d: %s, %v", n, text, err)
		}
		f = falls{}
		f.take(h.Falls)
	}
	if !f.tooMany() {
		t.Error("there is no end")
	}
	h := emptyHandover(t)
	if f.note(h, nil); h.Fall != "" || h.Last != "" || len(h.Falls) != fallsMost+fallsAtEnd {
		t.Errorf("without a panic: %+v", h)
	}
}

func emptyHandover(t *testing.T) *handover {
	h := &handover{}
	if err := json.Unmarshal([]byte("{}"), &h.Supervisor.Loop); err != nil {
		t.Fatal(err)
	}
	return h
}
