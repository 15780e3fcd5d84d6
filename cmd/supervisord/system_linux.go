package main

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dup makes to a duplicate of from that children inherit. Linux on arm64 has no dup2.
func dup(from, to int) error { return unix.Dup3(from, to, 0) }

// restoreName restores the process name: after an execution of /proc/self/exe it is
// "exe", and pgrep and killall find nothing.
func restoreName(name string) {
	// Without /proc the name stays as it is.
	_ = os.WriteFile("/proc/self/comm", []byte(name), 0)
}

// defaultSignals lets SIGUSR1 kill the daemon, as it does upstream (fact 123); the Go
// runtime would ignore it. A zeroed sigaction is the default action on every
// architecture.
func defaultSignals() {
	var action [64]byte
	const setSize = 8
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(syscall.SIGUSR1), uintptr(unsafe.Pointer(&action)), 0, setSize, 0, 0)
}
