package disk

import (
	"testing"

	"reeve/supervisor/rescue"
)

// Work that panics costs nobody else anything.
func TestPanicOfWork(t *testing.T) {
	panics := make(chan *rescue.Panic, 10)
	defer rescue.Listen(func(p *rescue.Panic) { panics <- p })()
	done := make(chan struct{})
	turns := 0
	task := NewTask("/dev/task", func() {
		if turns++; turns == 1 {
			panic("poison")
		}
		close(done)
	})
	for range 2 * workers {
		if err := Go("/dev/work", func() { panic("poison") }); err != nil {
			t.Fatal(err)
		}
		<-panics
	}
	task.Wake()
	if p := <-panics; p.Vital || p.Where != "work on a disk" {
		t.Errorf("%+v", p)
	}
	task.Wake()
	<-done
}
