package supervisor

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing/synctest"

	"github.com/cockroachdb/datadriven"

	"reeve/supervisor/internal/watch"
)

// fakeWatcher plays the clients of listening sockets: a step says when one connects.
type fakeWatcher struct {
	trace   *trace
	events  chan watch.Event
	mu      sync.Mutex
	watches map[uint64]int // how many sockets
	open    int            // connections that are open, for the next counts
}

func newFakeWatcher(t *trace) *fakeWatcher {
	return &fakeWatcher{trace: t, events: make(chan watch.Event, 100), watches: map[uint64]int{}}
}

func (w *fakeWatcher) Events() <-chan watch.Event { return w.events }

func (w *fakeWatcher) Watch(id uint64, fds []int) error {
	w.trace.printf("watch %d socket(s)", len(fds))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watches[id] = len(fds)
	return nil
}

func (w *fakeWatcher) Forget(id uint64) {
	w.trace.printf("watch ends")
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.watches, id)
}

func (w *fakeWatcher) Count(id uint64, fds []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trace.printf("%d connection(s) open", w.open)
	w.events <- watch.Event{ID: id, Counted: true, Total: w.open}
}

// Close forgets everything, as it would be with another process.
func (w *fakeWatcher) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.watches)
}

// stepConnect has a client connect to all sockets that are watched.
func stepConnect(s *scenario, _ *datadriven.TestData) { s.watcher.connect(s.trace) }

func (w *fakeWatcher) connect(trace *trace) {
	w.mu.Lock()
	ids := slices.Sorted(maps.Keys(w.watches))
	clear(w.watches)
	w.mu.Unlock()
	if len(ids) == 0 {
		trace.printf("nobody watches")
	}
	for _, id := range ids {
		w.events <- watch.Event{ID: id}
		synctest.Wait() // or what follows would be in any order
	}
}

// stepOpen sets how many connections are open.
func stepOpen(s *scenario, d *datadriven.TestData) {
	s.watcher.mu.Lock()
	defer s.watcher.mu.Unlock()
	if _, err := fmt.Sscan(d.CmdArgs[0].Key, &s.watcher.open); err != nil {
		d.Fatalf(s.t, "%v", err)
	}
}
