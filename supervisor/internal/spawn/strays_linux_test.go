package spawn

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// strayChild runs a command that leads a group and has w as its output, until the test ends.
func strayChild(t *testing.T, w *os.File, env ...string) (pid int) {
	t.Helper()
	cmd := exec.Command("/bin/sleep", "300")
	cmd.Env, cmd.Stdout, cmd.SysProcAttr = env, w, &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd.Process.Pid
}

// What a dead daemon was starting is found by its pipes, or else by its name; a start that
// was given up is found by its pipes alone. What is known is let alone.
func TestFindStrays(t *testing.T) {
	if !procIsOurs() || !listsChildren() {
		t.Skip("the kernel does not list children here")
	}
	ends := func() (r, w *os.File) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close(); w.Close() })
		return r, w
	}
	asked := Monotonic()
	env := []string{"SUPERVISOR_GROUP_NAME=web", "SUPERVISOR_PROCESS_NAME=one"}
	r1, w1 := ends()
	r2, w2 := ends()
	r3, w3 := ends()
	_, other := ends()
	byPipe, byName := strayChild(t, w1), strayChild(t, other, env...)
	givenUp, known := strayChild(t, w2, env...), strayChild(t, w3)
	all := []Stray{
		{Group: "web", Name: "two", Asked: asked, Pipes: []int{int(r1.Fd())}},
		{Group: "web", Name: "one", Asked: asked},
		{Pipes: []int{int(r2.Fd())}, Revoked: true},
		{Revoked: true},
		{Group: "web", Name: "known", Asked: asked, Pipes: []int{int(r3.Fd())}},
	}
	pids := FindStrays(os.Getpid(), []int{known}, all)
	if len(pids) != 3 || pids[0] != byPipe || pids[1] != byName || pids[2] != givenUp {
		t.Errorf("found %v, want %v", pids, map[int]int{0: byPipe, 1: byName, 2: givenUp})
	}
}

// The starter of a dead daemon starts nothing more: it is killed, even if nothing is known
// of what it was to start.
func TestFindStraysEndsStarters(t *testing.T) {
	if !procIsOurs() || !listsChildren() {
		t.Skip("the kernel does not list children here")
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, requests := pair(t)
	control, goOn, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer goOn.Close()
	defer control.Close()
	defer requests.Close()
	defer in.Close()
	pid, err := syscall.ForkExec(own, []string{starterName, ""}, &syscall.ProcAttr{
		Files: []uintptr{in.Fd(), control.Fd(), 2}, Sys: &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	FindStrays(os.Getpid(), nil, nil)
	var ws syscall.WaitStatus
	if got, err := syscall.Wait4(pid, &ws, syscall.WNOHANG, nil); got != pid || err != nil || ws.Signal() != syscall.SIGKILL {
		_ = syscall.Kill(pid, syscall.SIGKILL)
		t.Errorf("the starter lives on: %d, %v, %v", got, err, ws)
	}
}

func listsChildren() bool {
	_, err := os.Stat("/proc/thread-self/children")
	return err == nil
}

func pair(t *testing.T) (a, b *os.File) {
	t.Helper()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(ends[0]), "near"), os.NewFile(uintptr(ends[1]), "far")
}
