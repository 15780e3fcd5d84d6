//go:build linux && (amd64 || arm64)

package spawn

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// image is all that a child needs between its fork and its program. The parent prepares it; the child, which runs in the parent's
// memory, makes system calls and nothing else.
type image struct {
	file       *byte
	argv, envv **byte
	dir        *byte   // nil: stay
	ends       []int   // what become descriptors 0, 1, 2 and so on; all greater than those
	beyond     uintptr // the first number that the child does without
	identity   *identity
	groups     unsafe.Pointer
	noFile     *syscall.Rlimit // nil: as it is

	failed syscall.Errno // why there is no program
}

func newImage(p *plan) (*image, error) {
	c := &image{identity: p.Switch}
	var err error
	if c.file, err = syscall.BytePtrFromString(p.File); err != nil {
		return nil, err
	}
	argv, err := syscall.SlicePtrFromStrings(p.Argv)
	if err != nil {
		return nil, err
	}
	envv, err := syscall.SlicePtrFromStrings(p.Env)
	if err != nil {
		return nil, err
	}
	c.argv, c.envv = &argv[0], &envv[0]
	if p.Dir != "" {
		if c.dir, err = syscall.BytePtrFromString(p.Dir); err != nil {
			return nil, err
		}
	}
	if c.identity != nil {
		c.groups = unsafe.Pointer(unsafe.SliceData(c.identity.Groups.Groups))
	}
	if c.noFile, err = noFileOfChildren(); err != nil {
		return nil, errNoSlots
	}
	return c, nil
}

// vfork starts a child that becomes a program. It returns when that has happened, or could not. It does not mind syscall.ForkLock: a
// program that hangs would hold it. So whatever another goroutine opens has to be close-on-exec from the beginning.
func (c *image) vfork() (pid int, err error) {
	child, errno := c.split()
	afterFork()
	runtime.KeepAlive(c)
	switch {
	case errno != 0:
		return 0, errno
	case c.failed != 0:
		waitFor(child, new(syscall.WaitStatus))
		return 0, c.failed
	}
	return child, nil
}

// split forks. The parent must leave it at once: the child goes on in the same frame, and never returns.
//
//go:noinline
//go:norace
//go:nocheckptr
func (c *image) split() (pid int, errno syscall.Errno) {
	beforeFork()
	pid, errno = rawClone(syscall.CLONE_VM | syscall.CLONE_VFORK | syscall.CLONE_FILES | uintptr(syscall.SIGCHLD))
	if errno != 0 || pid != 0 {
		return
	}
	afterForkInChild()
	c.failed = c.carryOut()
	for {
		syscall.RawSyscall(syscall.SYS_EXIT, 1, 0, 0) // nobody looks at the status
	}
}

// carryOut returns only what failed. The first step gives the child its own, short, table of descriptors. Its stack must not grow.
//
//go:nosplit
//go:norace
//go:nocheckptr
func (c *image) carryOut() syscall.Errno {
	if _, _, e := syscall.RawSyscall(unix.SYS_CLOSE_RANGE, c.beyond, ^uintptr(0), unix.CLOSE_RANGE_UNSHARE); e != 0 {
		return e
	}
	if _, _, e := syscall.RawSyscall(syscall.SYS_SETPGID, 0, 0, 0); e != 0 {
		return e
	}
	if id := c.identity; id != nil {
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETGROUPS, uintptr(len(id.Groups.Groups)), uintptr(c.groups), 0); e != 0 {
			return e
		}
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETGID, uintptr(id.Groups.GID), 0, 0); e != 0 {
			return e
		}
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETUID, uintptr(id.UID), 0, 0); e != 0 {
			return e
		}
	}
	if c.dir != nil {
		if _, _, e := syscall.RawSyscall(syscall.SYS_CHDIR, uintptr(unsafe.Pointer(c.dir)), 0, 0); e != 0 {
			return e
		}
	}
	for i, fd := range c.ends {
		if _, _, e := syscall.RawSyscall(syscall.SYS_DUP3, uintptr(fd), uintptr(i), 0); e != 0 {
			return e
		}
	}
	if c.noFile != nil {
		syscall.RawSyscall6(syscall.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, uintptr(unsafe.Pointer(c.noFile)), 0, 0, 0)
	}
	_, _, e := syscall.RawSyscall(syscall.SYS_EXECVE,
		uintptr(unsafe.Pointer(c.file)), uintptr(unsafe.Pointer(c.argv)), uintptr(unsafe.Pointer(c.envv)))
	return e
}

// rawClone is clone(2) on the caller's stack.
//
//go:noescape
func rawClone(flags uintptr) (pid int, errno syscall.Errno)

// What the runtime has for whoever forks: all signals are blocked, and the stack does not grow, until the parent has returned or
// the child has the default handlers.

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

//go:linkname afterForkInChild syscall.runtime_AfterForkInChild
func afterForkInChild()
