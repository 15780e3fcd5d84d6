package compat

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// lease makes every open of the file hang, including that of an exec, until release is
// called.
func lease(path string) (release func(), err error) {
	f, err := os.Open(path) // not for writing, or the exec fails with ETXTBSY
	if err != nil {
		return nil, err
	}
	// The default, SIGIO, would kill the test.
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETSIG, int(unix.SIGURG)); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// mountSmall mounts a file system of 128 KiB.
func mountSmall(dir string) (unmount func(), err error) {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=128k,mode=777"); err != nil {
		return nil, err
	}
	return func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }, nil
}

// An idle daemon does not wake up, however many programs it runs, and even if one has
// closed its output (fact 10A.7, no busy loop on closed descriptors): no thread has a
// context switch for a while.
func TestIdleDaemonDoesNotWakeUp(t *testing.T) {
	t.Attr("checklist", "10A.7")
	var programs strings.Builder
	const n = 1000
	fmt.Fprintf(&programs, "[program:idle]\ncommand=/bin/sleep 600\nprocess_name=%%(process_num)04d\nnumprocs=%d\n", n)
	programs.WriteString("stdout_logfile=NONE\nstderr_logfile=NONE\n")
	programs.WriteString("[program:closed]\ncommand=/bin/sh -c 'exec sleep 600 >&- 2>&-'\n")
	in := hostile(t, programs.String())
	in.mustStart()
	in.await("all RUNNING", func() bool { return strings.Count(in.read("supervisord.log"), "entered RUNNING state") == n+1 })
	// The runtime takes a moment to settle after the work; a daemon with a running timer
	// never has a quiet window.
	both := func() int { return switches(t, in.cmd.Process.Pid) + switches(t, in.starter()) }
	in.await("two seconds without a wake-up", func() bool {
		before := both()
		<-time.After(2 * time.Second)
		return both() == before
	})
	in.stopDaemon()
}

// switches counts the voluntary context switches of all threads of a process: each sleep
// and wake-up is one.
func switches(t *testing.T, pid int) (total int) {
	t.Helper()
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		for line := range strings.Lines(string(data)) {
			var n int
			if _, err := fmt.Sscanf(line, "voluntary_ctxt_switches: %d", &n); err == nil {
				total += n
			}
		}
	}
	return total
}
