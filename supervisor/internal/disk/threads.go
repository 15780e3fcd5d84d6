package disk

import (
	"runtime"
	"sync"
)

// spare is how many threads the rest of the daemon may need at once: system calls that are short, but find the machine busy.
const spare = 16

// leastThreads is what a daemon can live with: fewer are not made even where there is little room.
const leastThreads = 8

// Prepare makes the threads that the daemon will ever need, so that the kernel is not asked for one when it may refuse: the
// runtime keeps each thread that it has made. It is called once, by main. Where a limit of processes leaves little room
// (pids.max, RLIMIT_NPROC) it takes a third of that, and the pool is so much smaller.
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

// makeThreads has n goroutines hold a thread each at the same time.
func makeThreads(n int) {
	var ready, gone sync.WaitGroup
	ready.Add(n)
	for range n {
		gone.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread() // it then serves any goroutine
			ready.Done()
			ready.Wait()
		})
	}
	gone.Wait()
}
