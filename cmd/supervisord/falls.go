package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"reeve/supervisor"
	"reeve/supervisor/daemonlog"
	"reeve/supervisor/logfile"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// A panic of which the rest of the daemon is independent costs what was being done. After
// one in the loop, in capture or in what else can't go on half done, the daemon executes
// itself again with the state as it is (supervisor/salvage.go), as for an upgrade. If that
// does not help, it stops everything in order, and then itself.
const (
	fallsMost   = 3 // of these within fallsWithin, the daemon executes itself again
	fallsWithin = time.Hour
	// After as many more while it stops, it only tells the programs to stop and ends.
	fallsAtEnd = 3
	// How long it may take from the panic to the new image. What is stuck by then would be
	// for ever.
	fallsFor = 30 * time.Second
)

// falls are the panics of this process, over all its images. Its methods may be called
// from any goroutine.
type falls struct {
	log atomic.Pointer[daemonlog.Log] // nil: none is open

	mu     sync.Mutex
	sup    *supervisor.Supervisor // nil: none has run yet
	recent []time.Duration        // when a new image was needed, on supervisor.Monotonic
	late   *time.Timer            // set while one is needed
}

// report logs a panic and has the supervisor flee, if it can't go on.
func (f *falls) report(p *rescue.Panic) {
	if p.Vital {
		f.flee(p)
	}
	f.say(p.Short() + "\n" + p.Stack)
}

// flee has the supervisor end for a new image, in limited time.
func (f *falls) flee(p *rescue.Panic) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.late == nil {
		f.late = time.AfterFunc(fallsFor, rescue.Around("the end", func() { f.giveUp(p) }))
	}
	if f.sup != nil {
		f.sup.Succession().Flee(p)
	}
}

// say logs a line.
func (f *falls) say(text string) {
	if log := f.log.Load(); log != nil {
		log.Log(process.Critical, text)
		return
	}
	fmt.Fprintln(os.Stderr, "supervisord: "+text)
}

// giveUp ends the process, which hangs since a panic; perhaps in the log.
func (f *falls) giveUp(p *rescue.Panic) {
	text := fmt.Sprintf("supervisord ends: it could not execute itself within %s; programs are left to themselves; %s", fallsFor, p.Short())
	fmt.Fprintln(os.Stderr, text)
	ctx, cancel := context.WithTimeout(context.Background(), logPatience)
	go rescue.Run("the last words", func() {
		defer cancel()
		f.say(text)
		_ = logfile.Quiesce(ctx)
	})
	<-ctx.Done()
	os.Exit(exitFailure)
}

// serve has a supervisor flee panics.
func (f *falls) serve(sup *supervisor.Supervisor) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sup = sup
}

// take goes on from the image before.
func (f *falls) take(recent []time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recent = recent
}

// stay is called when this image goes on although another one was needed.
func (f *falls) stay() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.late != nil {
		f.late.Stop()
		f.late = nil
	}
}

// tooMany reports whether nothing helps any more.
func (f *falls) tooMany() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.within() >= fallsMost+fallsAtEnd
}

// within forgets what is long ago and returns how many falls are left.
func (f *falls) within() int {
	for len(f.recent) > 0 && supervisor.Monotonic()-f.recent[0] > fallsWithin {
		f.recent = f.recent[1:]
	}
	return len(f.recent)
}

// note notes in h why another image is needed; nil: no panic. After too many panics it is
// to stop everything.
func (f *falls) note(h *handover, p *rescue.Panic) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p != nil {
		f.recent = append(f.recent, supervisor.Monotonic())
		h.Fall = p.Short()
		if n := f.within(); n > fallsMost {
			h.Last = fmt.Sprintf("supervisord ends: it stopped all programs after %d panics within an hour; the last one was a %s", n, h.Fall)
			h.Supervisor.End(exitFailure)
		}
	}
	h.Falls = f.recent
}

// noWayOn says why the daemon ends at once.
func noWayOn(p *rescue.Panic) string {
	return "supervisord ends: nothing could go on after a " + p.Short() + "; programs were told to stop, and nobody waits for them"
}

// sayFall logs that this image goes on after a panic.
func (l *life) sayFall(fall, after string) {
	n := len(l.taken.Falls)
	text := fmt.Sprintf("went on in a new image after a %s (%d within an hour); %s", fall, n, after)
	if l.failed != "" {
		text = fmt.Sprintf("went on at the second try after a %s (%d within an hour); the first one failed: %s; %s", fall, n, l.failed, after)
	}
	l.log.Log(process.Critical, text)
	if l.last != "" {
		l.log.Log(process.Critical, fmt.Sprintf("stopping all programs: more than %d panics within an hour", fallsMost))
	}
}
