package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/peterh/liner"
)

// terminalGuard restores the terminal when a signal ends the program while the terminal
// is in another mode.
type terminalGuard struct {
	mu      sync.Mutex
	restore func()
}

var guard terminalGuard

// set registers the function that restores the terminal; nil means that the terminal has
// been restored.
func (g *terminalGuard) set(restore func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.restore = restore
}

// watch starts waiting for the signals that end the program. Signals ignored from the
// start remain ignored. For SIGQUIT the runtime no longer knows that; but shells ignore
// it together with SIGINT for what a script runs in the background.
func (g *terminalGuard) watch() {
	if signal.Ignored(syscall.SIGINT) {
		signal.Ignore(syscall.SIGQUIT)
	}
	ends := make(chan os.Signal, 1)
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(sig) {
			signal.Notify(ends, sig)
		}
	}
	go func() {
		sig := <-ends
		g.mu.Lock()
		if g.restore != nil {
			g.restore()
		}
		if sig == syscall.SIGQUIT { // by default the runtime would print its stacks
			os.Exit(128 + int(syscall.SIGQUIT))
		}
		signal.Reset(sig)
		_ = syscall.Kill(os.Getpid(), sig.(syscall.Signal))
	}()
}

// continues is how long to wait for a stop signal to take effect. Sent to an orphaned
// process group it has none, and nothing reports that.
const continues = time.Second

// suspend stops the process group as Ctrl-Z would, with the terminal in its original
// mode. Afterwards the line is drawn again.
func (r *editReader) suspend() {
	now, err := liner.TerminalMode()
	if err != nil {
		return
	}
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGCONT)
	defer signal.Stop(again)
	_ = r.ours.ApplyMode()
	_ = syscall.Kill(0, syscall.SIGTSTP)
	select {
	case <-again:
	case <-time.After(continues):
	}
	_ = now.ApplyMode()
	if r.plain != nil {
		r.plain.forget()
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGWINCH)
}
