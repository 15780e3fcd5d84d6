package capture

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestFloodIsMetWithPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flood
		round := func(wait time.Duration, n int) time.Duration {
			f.begin(time.Now())
			time.Sleep(wait)
			f.woken(time.Now())
			f.read(n)
			return f.end()
		}
		for range 100 {
			if d := round(atOnce+1, 100); d != 0 {
				t.Fatalf("a quiet program waits %v", d)
			}
		}
		for range floodAfter - 1 {
			if d := round(0, 100); d != 0 {
				t.Fatalf("too early: %v", d)
			}
		}
		if d := round(0, 100); d != letItFill {
			t.Errorf("a flood of lines: %v", d)
		}
		if d := round(0, plainPipe/2); d != 0 {
			t.Errorf("a flood of blocks: %v", d)
		}
		f.begin(time.Now())
		if d := f.end(); d != 0 {
			t.Errorf("a command: %v", d)
		}
		if d := round(time.Second, 100); d != 0 {
			t.Errorf("after a pause: %v", d)
		}
	})
}
