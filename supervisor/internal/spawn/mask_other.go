//go:build !linux

package spawn

import (
	"os"
	"os/signal"
	"syscall"
)

// HoldSignals ignores the signals that may be sent to a daemon, for an execve: what comes
// meanwhile is lost, but not deadly. release undoes that.
func HoldSignals() (release func()) {
	held := []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2}
	signal.Ignore(held...)
	return func() { signal.Reset(held...) }
}

// SignalsWereHeld does nothing: the program asks for the signals in any case.
func SignalsWereHeld() {}

func unheld(fork func()) { fork() }
