package disk

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// The turns of a Task never overlap, whatever else the pool does.
func TestTurnsDoNotOverlap(t *testing.T) {
	const tasks, wakes = 100, 2000
	p := newPool(workers, whereIs)
	var overlaps atomic.Int32
	var all []*Task
	for i := range tasks {
		var running atomic.Int32
		var task *Task
		place := fmt.Sprintf("/proc/%d", i%90)
		again := 0
		task = newTask(p, place, func() {
			if running.Add(1) > 1 {
				overlaps.Add(1)
			}
			if again++; again%3 == 0 {
				task.Wake()
			}
			running.Add(-1)
		})
		all = append(all, task)
	}
	var busy sync.WaitGroup
	for g := range 8 {
		busy.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			for range wakes {
				switch r.IntN(4) {
				case 0:
					_ = p.do(t.Context(), fmt.Sprintf("/proc/%d", r.IntN(200)), func() {})
				case 1:
					all[r.IntN(tasks)].Move(fmt.Sprintf("/proc/%d", r.IntN(200)))
				default:
					all[r.IntN(tasks)].Wake()
				}
			}
		})
	}
	busy.Wait()
	if n := overlaps.Load(); n > 0 {
		t.Errorf("%d turns overlapped", n)
	}
}
