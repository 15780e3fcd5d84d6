package main

import (
	"math"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// How much the heap may grow between two collections, in percent of what is alive. The daemon allocates in bursts (a start of
// all programs, a reread) and hardly at all in between, and the runtime keeps memory for as much growth as it expects.
const (
	busyGrowth = 200
	idleGrowth = 10
)

// limitRuntime makes this process's memory independent of GOGC and GOMEMLIMIT, which are meant for the programs it runs.
func limitRuntime() {
	debug.SetGCPercent(busyGrowth)
	debug.SetMemoryLimit(math.MaxInt64)
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), mostProcessors))
	tidyAfterBursts()
}

// mostProcessors is how many the daemon uses at once. Each may need a thread of its own and there is no work for more; the
// runtime would also raise the number by itself when the machine's changes.
const mostProcessors = 8

// burstOver is how long after a garbage collection without another one a burst is over.
const burstOver = 5 * time.Second

// tidyAfterBursts collects once more when a burst is over: what it still needed at its last collection would stay until the
// next burst. While nothing is allocated it does nothing: the runtime tells when it has collected.
func tidyAfterBursts() {
	var tidied atomic.Bool
	timer := time.AfterFunc(time.Hour, func() {
		tidied.Store(true) // the collection that comes now is no burst
		debug.SetGCPercent(idleGrowth)
		runtime.GC()
	})
	timer.Stop()
	onCollection(func() {
		if !tidied.Swap(false) {
			debug.SetGCPercent(busyGrowth)
			timer.Reset(burstOver)
		}
	})
}

// sentinel has to be larger than what the allocator packs together with other things.
type sentinel struct{ _ [16]*byte }

// onCollection calls f after each collection, on a goroutine of the runtime's.
func onCollection(f func()) {
	runtime.SetFinalizer(new(sentinel), func(*sentinel) {
		f()
		onCollection(f)
	})
}
