package spawn

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { parts["refused"] = startRefused }

// startRefused starts programs in a sandbox that refuses CLONE_PARENT, and reports the
// outcome.
func startRefused() {
	jump := func(code uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: code, K: k, Jt: yes, Jf: no}
	}
	filter := []unix.SockFilter{
		jump(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, 0, 0, 0), // the number of the call
		jump(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, unix.SYS_CLONE, 0, 3),
		jump(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, 16, 0, 0), // its first argument
		jump(unix.BPF_JMP|unix.BPF_JSET|unix.BPF_K, unix.CLONE_PARENT, 0, 1),
		jump(unix.BPF_RET|unix.BPF_K, unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM), 0, 0),
		jump(unix.BPF_RET|unix.BPF_K, unix.SECCOMP_RET_ALLOW, 0, 0),
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		fmt.Println(err)
	}
	const allThreads = unix.SECCOMP_FILTER_FLAG_TSYNC
	if _, _, errno := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, allThreads,
		uintptr(unsafe.Pointer(&program))); errno != 0 {
		fmt.Println(errno)
	}
	k := newKernel(Options{})
	for range 3 {
		k.Start(&Spec{Argv: []string{"/bin/true"}, Umask: 0o77})
		s := <-k.Started()
		fmt.Println(s.Err)
		if s.Err == nil {
			closeEnds(s)
			fmt.Println((<-k.Exited()).Status)
		}
	}
	fmt.Println(k.direct.Load())
	k.Close()
}

// Where the starter can't make children of ours, this process forks them.
func TestStarterRefused(t *testing.T) {
	out, err := exec.Command(self(t), "refused").CombinedOutput()
	const each = "<nil>\nexit status 0\n"
	if want := each + each + each + "true\n"; err != nil || string(out) != want {
		t.Errorf("%v: %s\nwant %s", err, out, want)
	}
}

// Where our current user may not execute our own binary, programs are started all the
// same.
func TestOwnBinaryIsNotForUs(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root becomes somebody else")
	}
	data, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/own", data, 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(dir+"/own", "dropped").CombinedOutput()
	if want := "<nil>\nexit status 0\n"; err != nil || string(out) != want {
		t.Errorf("%v: %s\nwant %s", err, out, want)
	}
}

func init() { parts["dropped"] = startDropped }

func startDropped() {
	if err := syscall.Setuid(65534); err != nil {
		fmt.Println(err)
	}
	k := newKernel(Options{})
	k.Start(&Spec{Argv: []string{"/bin/true"}, Umask: -1})
	s := <-k.Started()
	fmt.Println(s.Err)
	if s.Err == nil {
		closeEnds(s)
		fmt.Println((<-k.Exited()).Status)
	}
	k.Close()
}
