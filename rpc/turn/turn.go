// Package turn is for work that takes long: it is done by one fewer at a time than there are processors, so that one stays free
// for what must be prompt. A processor that always finds something to run looks only every 10 ms whether a descriptor has become
// ready, and that is how the daemon learns of the end of a child.
package turn

import "runtime"

var turns = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))

// Take waits for a turn and calls f, which must neither wait for others nor take a turn itself. It may be called from any goroutine.
func Take(f func()) {
	turns <- struct{}{}
	defer func() { <-turns }()
	f()
}
