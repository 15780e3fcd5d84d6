// Package turn limits long computations to one fewer at a time than there are processors,
// so that one processor stays free for work that must be prompt. A processor that always
// finds something to run checks only every 10 ms whether a descriptor is ready, and that
// is how the daemon learns that a child has ended.
package turn

import "runtime"

var turns = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))

// Take waits for a turn and calls f, which must neither wait for others nor take a turn
// itself. It is safe for concurrent use; a panic in f gives the turn back.
func Take(f func()) {
	turns <- struct{}{}
	defer func() { <-turns }()
	f()
}
