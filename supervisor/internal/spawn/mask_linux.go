package spawn

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A signal that arrives while a process executes another program is lost if it is ignored,
// and deadly if it is not. If it is blocked it waits: the next program finds it pending
// once it asks for it (signal.Notify unblocks it on a thread of its own). All other threads
// of that program keep the signal blocked, which is right for them, but wrong for children.

// But Go's runtime unblocks SIGHUP, SIGINT, SIGQUIT and SIGTERM when it starts
// (blockableSig), before it has handlers. These are to be taken (PendingSignals) and ignored
// right before the execve.

// heldSignals are those that may be sent to a daemon.
var heldSignals = []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2}

// wereHeld says that this program was executed with those signals blocked.
var wereHeld atomic.Bool

// HoldSignals keeps the calling goroutine on its thread and blocks the signals that may be
// sent to a daemon, for an execve; release undoes that. The program executed must call
// SignalsWereHeld.
func HoldSignals() (release func()) {
	runtime.LockOSThread()
	var before unix.Sigset_t
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, heldSet(), &before)
	everywhere := maskAll(unix.SIG_BLOCK)
	return func() {
		if everywhere {
			maskAll(unix.SIG_UNBLOCK)
		}
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
		runtime.UnlockOSThread()
	}
}

// maskAll changes the mask of all threads, and reports whether it did: otherwise one of
// them may still take a signal. It can't be done in a program with cgo, and is not while a
// thread is stuck in the kernel, which would hold up the others.
func maskAll(how int) bool {
	stats, _ := filepath.Glob("/proc/self/task/*/stat")
	for _, stat := range stats {
		text, _ := os.ReadFile(stat)
		if i := bytes.LastIndexByte(text, ')'); i > 0 && bytes.HasPrefix(text[i:], []byte(") D")) {
			return false
		}
	}
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_RT_SIGPROCMASK, uintptr(how), uintptr(unsafe.Pointer(heldSet())), 0, setSize, 0, 0)
	return errno == 0
}

// setSize is the size of a set of signals for the kernel.
const setSize = 8

// PendingSignals takes those of the signals that wait. They must be blocked.
func PendingSignals(sigs []syscall.Signal) (pending []syscall.Signal) {
	for _, sig := range sigs {
		set, now := setOf([]unix.Signal{sig}), unix.Timespec{}
		_, _, errno := unix.Syscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(set)), 0, uintptr(unsafe.Pointer(&now)), setSize, 0, 0)
		if errno == 0 {
			pending = append(pending, sig)
		}
	}
	return pending
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

func heldSet() *unix.Sigset_t { return setOf(heldSignals) }

func setOf(sigs []unix.Signal) *unix.Sigset_t {
	var set unix.Sigset_t
	const bits = 8 * unsafe.Sizeof(set.Val[0])
	for _, sig := range sigs {
		n := uintptr(sig) - 1
		set.Val[n/bits] |= 1 << (n % bits)
	}
	return &set
}
