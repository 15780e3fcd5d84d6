package spawn

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// OriginalNoFile is the soft limit of open descriptors that this process was started with, before the Go runtime raised it. Children
// get that one, unless RaiseLimits changed it; the first call must come before. The runtime doesn't tell, but it restores it in children: so it is read from a child that is stopped
// (ptrace) before its first instruction, or asked of a shell where ptrace is forbidden. It takes about a millisecond, once.
var OriginalNoFile = sync.OnceValues(originalNoFile)

func originalNoFile() (uint64, error) {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		return 0, os.NewSyscallError("getrlimit", err)
	}
	if lim.Cur+1 != lim.Max {
		return lim.Cur, nil // the runtime raises to one below the hard limit
	}
	if soft, err := noFileOfStoppedChild(); err == nil {
		return soft, nil
	}
	return noFileOfShell()
}

// noFileOfChildren is the limit that children are to get instead of the daemon's: the one from before the runtime raised it. nil: the
// runtime has not raised it, or RaiseLimits has set it since.
func noFileOfChildren() (*syscall.Rlimit, error) {
	if noFileSet.Load() {
		return nil, nil
	}
	soft, err := OriginalNoFile()
	if err != nil {
		return nil, err
	}
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		return nil, os.NewSyscallError("getrlimit", err)
	}
	if lim.Cur+1 != lim.Max || soft == lim.Cur {
		return nil, nil
	}
	lim.Cur = soft
	return &lim, nil
}

func noFileOfStoppedChild() (uint64, error) {
	runtime.LockOSThread() // only this thread is the tracer
	defer runtime.UnlockOSThread()
	own, _ := ownBinary()
	pid, err := syscall.ForkExec(own, []string{reexecName, ""}, &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Ptrace: true}})
	if err != nil {
		return 0, err
	}
	var lim unix.Rlimit
	var ws syscall.WaitStatus
	_, err = waitFor(pid, &ws) // stopped by its exec
	if err == nil && ws.Stopped() {
		err = unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &lim)
	}
	syscall.Kill(pid, syscall.SIGKILL)
	if ws.Stopped() {
		waitFor(pid, &ws)
	}
	if err != nil {
		return 0, err
	}
	return lim.Cur, nil
}

func noFileOfShell() (uint64, error) {
	var r, w int
	if err := pipe(&r, &w); err != nil {
		return 0, err
	}
	defer syscall.Close(r)
	none := ^uintptr(0)
	pid, err := syscall.ForkExec("/bin/sh", []string{"sh", "-c", "ulimit -Sn"},
		&syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{none, uintptr(w), none}})
	syscall.Close(w)
	if err != nil {
		return 0, fmt.Errorf("cannot ask a shell for RLIMIT_NOFILE: %w", err)
	}
	buf := make([]byte, 64)
	n, err := syscall.Read(r, buf)
	waitFor(pid, new(syscall.WaitStatus))
	if err != nil {
		return 0, fmt.Errorf("cannot ask a shell for RLIMIT_NOFILE: %w", err)
	}
	text := strings.TrimSpace(string(buf[:n]))
	if text == "unlimited" {
		return unlimited, nil
	}
	return strconv.ParseUint(text, 10, 64)
}

// waitFor is a wait4 that waits.
func waitFor(pid int, status *syscall.WaitStatus) (int, error) {
	for {
		got, err := syscall.Wait4(pid, status, 0, nil)
		if err != syscall.EINTR {
			return got, err
		}
	}
}
