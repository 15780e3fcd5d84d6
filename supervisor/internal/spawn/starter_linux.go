package spawn

import (
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"reeve/supervisor/rescue"
)

// starterName is the starter's name in ps.
const starterName = "reeve-starter"

// The descriptors of the starter.
const (
	requests = 0 // a packet each, with descriptors
	control  = 1 // numbers of requests after which to go on
)

// newStarter executes our own binary again as the starter. No child gets its environment.
func newStarter(k *kernel) (*starter, error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	near, far := ends[0], ends[1]
	defer unix.Close(far)
	var r, w int
	if err := pipe(&r, &w); err != nil {
		unix.Close(near)
		return nil, err
	}
	defer unix.Close(r)
	limit := ""
	if lim := noFile.Load(); lim != nil {
		limit = strconv.FormatUint(lim.Soft, 10)
	}
	own, _ := ownBinary()
	attr := &syscall.ProcAttr{
		Env:   []string{"GOGC=off", "GOMEMLIMIT=256MiB", "GOMAXPROCS=1", "GOTRACEBACK=none"},
		Files: []uintptr{uintptr(far), uintptr(r), 2},
		// signals from a terminal are not for it
		Sys: &syscall.SysProcAttr{Setpgid: true},
	}
	var pid int
	unheld(func() { pid, err = syscall.ForkExec(own, []string{starterName, limit}, attr) })
	if err != nil {
		unix.Close(near)
		unix.Close(w)
		return nil, err
	}
	_ = unix.SetNonblock(near, true)
	_ = unix.SetNonblock(w, true)
	st := &starter{pid: pid, socket: os.NewFile(uintptr(near), "starter"), fd: near, control: w, heard: make(chan struct{})}
	go rescue.Vital("hearing the starter", func() { st.listen(k) })
	return st, nil
}

// stop ends a starter at once and reaps it; k is closed.
func (st *starter) stop() {
	st.kill()
	for range 1000 { // it dies at once, unless it is blocked in the kernel
		if st.dead {
			break
		}
		if pid, err := wait(st.pid, new(syscall.WaitStatus)); pid != 0 || err != nil {
			st.dead = true
			break
		}
		pause()
	}
	_ = unix.Shutdown(st.fd, unix.SHUT_RD)
	<-st.heard
	for _, r := range st.hanging {
		closeFD(&r.stderr)
	}
	st.close()
}

func pause() {
	millisecond := unix.Timespec{Nsec: 1e6}
	_ = unix.Nanosleep(&millisecond, nil)
}
