package disk

import (
	"runtime"
	"sync"

	"reeve/supervisor/rescue"
)

// spare is how many threads the rest of the daemon may need at once, for short system
// calls on a busy machine.
const spare = 16

// leastThreads is the fewest threads that a daemon can work with; at least this many are
// made, as far as the limit allows.
const leastThreads = 8

// Prepare makes all threads that the daemon will ever need, so that none is requested
// later, when the kernel may refuse; the runtime keeps each thread that it has made. It
// is called once, by main. Where a process limit (pids.max, RLIMIT_NPROC) leaves little
// room, it takes a third of that, and the pool shrinks in proportion.
func Prepare() {
	wanted := workers + spare + runtime.GOMAXPROCS(0)
	threads := wanted
	if room, limited := threadRoom(); limited {
		threads = min(wanted, max(room/3, min(room, leastThreads)))
	}
	shared.mu.Lock()
	shared.schedule.workers = max(workers*threads/wanted, 2)
	shared.mu.Unlock()
	makeThreads(threads)
}

// makeThreads makes the runtime start n threads: n goroutines hold one each at the same
// time.
func makeThreads(n int) {
	var ready, gone sync.WaitGroup
	ready.Add(n)
	for range n {
		gone.Go(rescue.Around("making threads", func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread() // the thread then serves any goroutine
			ready.Done()
			ready.Wait()
		}))
	}
	gone.Wait()
}
