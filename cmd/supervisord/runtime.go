package main

import (
	"math"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"reeve/supervisor/rescue"
)

// How much the heap may grow between two collections, in percent of the live heap. The
// daemon allocates in bursts (starting all programs, a reread) and hardly at all in
// between, and the runtime keeps memory for the growth it expects.
const (
	busyGrowth = 100
	idleGrowth = 10
	// While a program takes over from another one nothing is served, and most of what it
	// allocates stays.
	takeOverGrowth = 800
)

// limitRuntime makes this process's memory use independent of GOGC and GOMEMLIMIT, which
// are meant for the programs it runs.
func limitRuntime() {
	debug.SetGCPercent(busyGrowth)
	debug.SetMemoryLimit(math.MaxInt64)
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), mostProcessors))
	tidyAfterBursts()
}

// mostProcessors is how many processors the daemon uses at once. Each may need a thread
// of its own, and there is no work for more. Setting it also keeps the runtime from
// raising the number when that of the machine changes.
const mostProcessors = 8

// burstOver is how long after the last garbage collection a burst counts as over.
const burstOver = 5 * time.Second

// tidyAfterBursts collects once more when a burst is over; otherwise what was still in
// use at the last collection would stay until the next burst. It is triggered by the
// runtime's collections, so it does nothing while nothing is allocated.
func tidyAfterBursts() {
	var tidied atomic.Bool
	timer := time.AfterFunc(time.Hour, rescue.Around("collecting garbage", func() {
		tidied.Store(true) // the collection about to run does not start a burst
		debug.SetGCPercent(idleGrowth)
		runtime.GC()
	}))
	timer.Stop()
	onCollection(func() {
		if !tidied.Swap(false) {
			debug.SetGCPercent(busyGrowth)
			timer.Reset(burstOver)
		}
	})
}

// sentinel is larger than the objects that the allocator packs together with others:
// those may never be finalized.
type sentinel struct{ _ [16]*byte }

// onCollection calls f after each collection, on a goroutine of the runtime.
func onCollection(f func()) {
	runtime.SetFinalizer(new(sentinel), func(*sentinel) {
		f()
		onCollection(f)
	})
}
