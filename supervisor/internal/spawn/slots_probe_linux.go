//go:build linux && (amd64 || arm64)

package spawn

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// probe finds out whether a child can have a short table of descriptors. Some systems have no close_range or forbid it, in the worst
// case by killing who calls it; and kernels from 5.9 to 6.10 without the fix of CVE-2024-45025 let the child believe that 64 numbers
// are taken of which the parent has used all, so that it and its descendants never get them.
//
// Two processes are needed: the outer one has a table of its own, in which it uses up such numbers, and the inner one shares that
// table and shortens it.
type probe struct {
	null    int
	shorten bool // else the numbers stay used up, as in the kernels with the fault
	ok      bool
}

// word is how many descriptors the kernel marks as used up together, probed the first number of those that are.
const (
	word   = 64
	probed = word
)

// childrenCanDoWithout tells if slots are of use here. null is any open descriptor.
func childrenCanDoWithout(null int, shorten bool) bool {
	p := &probe{null: null, shorten: shorten}
	pid, errno := p.outer()
	afterFork()
	runtime.KeepAlive(p)
	if errno != 0 {
		return false
	}
	waitFor(pid, new(syscall.WaitStatus))
	return p.ok
}

// outer forks as image.split does.
//
//go:noinline
//go:norace
//go:nocheckptr
func (p *probe) outer() (pid int, errno syscall.Errno) {
	beforeFork()
	pid, errno = rawClone(syscall.CLONE_VM | syscall.CLONE_VFORK | uintptr(syscall.SIGCHLD))
	if errno != 0 || pid != 0 {
		return
	}
	afterForkInChild()
	used := true
	for fd := uintptr(probed); fd < probed+word; fd++ {
		if _, _, e := syscall.RawSyscall(syscall.SYS_DUP3, uintptr(p.null), fd, unix.O_CLOEXEC); e != 0 && p.null != int(fd) {
			used = false
		}
	}
	if used {
		p.inner()
	}
	for {
		syscall.RawSyscall(syscall.SYS_EXIT, 0, 0, 0)
	}
}

// inner forks once more, and ends both processes.
//
//go:noinline
//go:nosplit
//go:norace
//go:nocheckptr
func (p *probe) inner() {
	pid, errno := rawClone(syscall.CLONE_VM | syscall.CLONE_VFORK | syscall.CLONE_FILES | uintptr(syscall.SIGCHLD))
	switch {
	case errno != 0:
	case pid != 0: // else it would become an orphan, and maybe ours
		syscall.RawSyscall6(syscall.SYS_WAIT4, uintptr(pid), 0, 0, 0, 0, 0)
	default:
		var e syscall.Errno
		if p.shorten {
			_, _, e = syscall.RawSyscall(unix.SYS_CLOSE_RANGE, probed, ^uintptr(0), unix.CLOSE_RANGE_UNSHARE)
		}
		if e == 0 {
			fd, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, 0, unix.F_DUPFD_CLOEXEC, probed)
			p.ok = e == 0 && fd == probed
		}
	}
	for {
		syscall.RawSyscall(syscall.SYS_EXIT, 0, 0, 0)
	}
}
