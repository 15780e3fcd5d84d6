package logfile

import (
	"path/filepath"
	"testing"

	"reeve/supervisor/rescue"
)

// A writer that panics writes no more; what is queued goes on with those who take it.
func TestPanicOfAWriter(t *testing.T) {
	panics := make(chan *rescue.Panic, 1)
	defer rescue.Listen(func(p *rescue.Panic) { panics <- p })()
	opt := Options{Path: filepath.Join(t.TempDir(), "log")}
	q := openQueue(t, opt, noOutage(t))
	q.Write([]byte("before\n"))
	q.Sync(func(error) { panic("poison") })
	if p := <-panics; !p.Vital || p.Where != writing {
		t.Errorf("%+v", p)
	}
	q.Write([]byte("behind\n"))
	Take(handOver(t))
	q = openQueue(t, opt, noOutage(t))
	q.Write([]byte("after\n"))
	CloseUnclaimed(nil)
	synced(t, q)
	if got := content(t, opt.Path); got != "before\nbehind\nafter\n" {
		t.Errorf("the file has %q", got)
	}
	q.Close()
	quiet(t)
}
