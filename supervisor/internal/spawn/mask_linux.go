package spawn

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A signal that arrives while a process executes another program is lost if it is ignored,
// and deadly if it is not. If it is blocked it waits: the next program finds it pending
// once it asks for it (signal.Notify unblocks it on a thread of its own). All other threads
// of that program keep the signal blocked, which is right for them, but wrong for children.
//
// Two things Go's runtime does not let us do. It unblocks SIGHUP, SIGINT, SIGQUIT and
// SIGTERM when it starts (blockableSig), before it has handlers: these are ignored instead.
// And there is no way to block a signal on all threads: a system call that
// syscall.AllThreadsSyscall makes on another thread is made in a signal handler, whose end
// restores the mask. Until the execve has ended the other threads they may take a signal.

// heldSignals are those that may be sent to a daemon.
var heldSignals = []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2}

// wereHeld says that this program was executed with those signals blocked.
var wereHeld atomic.Bool

// HoldSignals keeps the calling goroutine on its thread and blocks there the signals that
// may be sent to a daemon, for an execve; release undoes that. The program executed must
// call SignalsWereHeld.
func HoldSignals() (release func()) {
	runtime.LockOSThread()
	var before unix.Sigset_t
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, heldSet(), &before)
	return func() {
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
		runtime.UnlockOSThread()
	}
}

// SignalsWereHeld says that the program was executed under HoldSignals: its children get
// the signals unblocked. It must be called before anything is started.
func SignalsWereHeld() { wereHeld.Store(true) }

// unheld calls fork on a thread from which a child inherits no signal blocked by
// HoldSignals.
func unheld(fork func()) {
	if !wereHeld.Load() {
		fork()
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.Sigset_t
	if unix.PthreadSigmask(unix.SIG_UNBLOCK, heldSet(), &before) == nil {
		defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) }()
	}
	fork()
}

func heldSet() *unix.Sigset_t {
	var set unix.Sigset_t
	const bits = 8 * unsafe.Sizeof(set.Val[0])
	for _, sig := range heldSignals {
		n := uintptr(sig) - 1
		set.Val[n/bits] |= 1 << (n % bits)
	}
	return &set
}
