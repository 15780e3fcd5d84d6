// Package watch looks at listening sockets from outside: it reports the first connection
// that waits at one, and counts the connections that one has.
//
// A Watcher is one goroutine behind one poller, whatever the number of sockets. None of
// its methods blocks. Its channel is unbuffered.
package watch

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"reeve/supervisor/internal/disk"
	"reeve/supervisor/internal/poll"
	"reeve/supervisor/rescue"
)

// Watcher watches sockets. Its methods may be called from any goroutine.
type Watcher struct {
	poll   *poll.Poller
	events chan Event
	ending chan struct{}
	ended  chan struct{}

	mu      sync.Mutex
	watches map[uint64][]int // descriptors of ours
	owners  map[int]uint64   // by descriptor
}

// Event is what a Watcher reports: a connection waits at the sockets of a watch, which is
// over then, or, if Counted, how many connections some sockets have.
type Event struct {
	ID      uint64 // as given to Watch or Count
	Counted bool
	Total   int
	Err     error
}

// New returns a Watcher without sockets.
func New() (*Watcher, error) {
	poller, err := poll.New()
	if err != nil {
		return nil, err
	}
	w := &Watcher{
		poll: poller, events: make(chan Event), ending: make(chan struct{}), ended: make(chan struct{}),
		watches: map[uint64][]int{}, owners: map[int]uint64{},
	}
	go rescue.Vital("watching sockets", w.run)
	return w, nil
}

// Events delivers what happens.
func (w *Watcher) Events() <-chan Event { return w.events }

// Watch begins a watch; no other one ever had its number. The descriptors stay the
// caller's. A report may still come after Forget.
func (w *Watcher) Watch(id uint64, fds []int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, fd := range fds {
		// The same socket may be in several watches, and a poller takes a descriptor once.
		own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
		if err == nil {
			w.watches[id], w.owners[own] = append(w.watches[id], own), id
			err = w.poll.Watch(own, false)
		}
		if err != nil {
			w.forget(id)
			return fmt.Errorf("cannot watch a socket: %w", err)
		}
	}
	return nil
}

// Forget ends a watch.
func (w *Watcher) Forget(id uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget(id)
}

// forget ends a watch. The caller holds mu.
func (w *Watcher) forget(id uint64) {
	for _, fd := range w.watches[id] {
		w.poll.Forget(fd, false)
		delete(w.owners, fd)
		_ = unix.Close(fd)
	}
	delete(w.watches, id)
}

// Count counts the connections of sockets: those that are open, and those that wait to be
// accepted. The answer comes on Events.
func (w *Watcher) Count(id uint64, fds []int) {
	names, err := namesOf(fds)
	c := Event{ID: id, Counted: true, Err: err}
	answer := func() { w.report(c) }
	if err != nil {
		go rescue.Run("answering", answer)
		return
	}
	if busy := disk.Go("/proc/net", func() { c.Total, c.Err = count(names); answer() }); busy != nil {
		c.Err = busy
		go rescue.Run("answering", answer)
	}
}

// Close ends all watches.
func (w *Watcher) Close() {
	close(w.ending)
	w.poll.Wake()
	<-w.ended
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.watches {
		w.forget(id)
	}
	w.poll.Close()
}

func (w *Watcher) run() {
	defer close(w.ended)
	for {
		var found []uint64
		w.poll.Wait(-1, func(fd int, _ bool) {
			if id, ok := w.take(fd); ok {
				found = append(found, id)
			}
		})
		for _, id := range found {
			w.report(Event{ID: id})
		}
		select {
		case <-w.ending:
			return
		default:
		}
	}
}

// report delivers an event, unless the Watcher is ending.
func (w *Watcher) report(e Event) {
	select {
	case w.events <- e:
	case <-w.ending:
	}
}

// take ends the watch of a descriptor at which a connection waits. The descriptor may have
// been closed since, and be another one's by now.
func (w *Watcher) take(fd int) (id uint64, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if id, ok = w.owners[fd]; !ok {
		return 0, false
	}
	state := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	if n, err := unix.Poll(state, 0); err != nil || n == 0 {
		return 0, false // it was accepted meanwhile
	}
	w.forget(id)
	return id, true
}
