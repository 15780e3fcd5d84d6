package disk

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// quiet runs work on a thread that takes no signals. The kernel gives a signal for the
// process to one thread; if that one hangs, nobody handles the signal, whether it is an
// administrator's SIGTERM or the SIGCHLD of a program that has ended.
func quiet(work func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &asynchronous, &before); err == nil {
		defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) }()
	}
	work()
}

// asynchronous are all signals but those that a thread causes itself, which the runtime
// turns into panics, and two that the runtime and the C library send to each thread when
// a process changes its user.
var asynchronous = func() (set unix.Sigset_t) {
	for i := range set.Val {
		set.Val[i] = ^set.Val[i]
	}
	const bits = 8 * unsafe.Sizeof(set.Val[0])
	for _, own := range []unix.Signal{unix.SIGILL, unix.SIGTRAP, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS, 32, 33} {
		n := uintptr(own) - 1
		set.Val[n/bits] &^= 1 << (n % bits)
	}
	return set
}()
