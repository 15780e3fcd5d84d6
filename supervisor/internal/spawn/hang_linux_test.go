package spawn

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// hangingExec makes a program whose exec hangs until release is called: a file under a write lease can't be opened before its holder
// lets go (or the system breaks the lease, by default after 45 s).
func hangingExec(t *testing.T) (file string, release func()) {
	t.Helper()
	data, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "true")
	if err := os.WriteFile(file, data, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file) // not for writing, or the exec fails with ETXTBSY
	if err != nil {
		t.Fatal(err)
	}
	fd := f.Fd()
	// SIGIO would tell us that somebody waits, and kill us.
	if _, err := unix.FcntlInt(fd, unix.F_SETSIG, int(syscall.SIGURG)); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		f.Close()
		t.Skip("no leases here: ", err)
	}
	release = func() {
		unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
		f.Close()
	}
	t.Cleanup(release)
	return file, release
}

// The exec of one program really hangs; the others start, and it starts when the cause is gone.
func TestHangingExec(t *testing.T) {
	for name, how := range map[string]*method{"chosen": nil, "shim": {shim: true}, "helper": {helper: true}, "helper-shim": {helper: true, shim: true}} {
		t.Run(name, func(t *testing.T) {
			file, release := hangingExec(t)
			k := newTestKernel(t, Options{}, how)
			k.Start(&Spec{ID: 1, Name: "hung", Argv: []string{file}, Umask: -1})
			const others = 20
			for i := range others {
				k.Start(&Spec{ID: uint64(2 + i), Name: "p", Argv: []string{"/bin/true"}, Umask: -1})
			}
			pids := map[int]uint64{}
			ended := 0
			take := func() {
				select {
				case s := <-k.Started():
					if s.Err != nil {
						t.Fatal(s.Err)
					}
					pids[s.Pid] = s.ID
					b := start{child: [3]int{-1, -1, -1}, result: s}
					b.closeAll()
				case e := <-k.Exited():
					if e.Status.Code != 0 {
						t.Errorf("%+v", e)
					}
					if pids[e.Pid] == 1 {
						t.Error("the program with the hanging exec ended")
					}
					ended++
				}
			}
			for ended < others {
				take()
			}
			release()
			for len(pids) < others+1 {
				take()
			}
			e := exited(t, k)
			if pids[e.Pid] != 1 || e.Status.Code != 0 {
				t.Errorf("exit %+v of start %d", e, pids[e.Pid])
			}
		})
	}
}

// The kernel ends though a helper hangs.
func TestCloseWithHangingHelper(t *testing.T) {
	file, release := hangingExec(t)
	k := newTestKernel(t, Options{}, &method{helper: true})
	k.Start(&Spec{ID: 1, Argv: []string{file}, Umask: -1})
	k.Start(&Spec{ID: 2, Argv: []string{"/bin/true"}, Umask: -1})
	s := started(t, k) // 1 was set aside by now
	if s.ID != 2 || s.Err != nil {
		t.Fatalf("got %+v", s)
	}
	drain(t, s)
	exited(t, k)
	k.Close()
	release()
	reapAll(t) // the hung child is nobody's now
}

// A helper that dies takes at most the start it was at with it.
func TestHelperDies(t *testing.T) {
	k := newTestKernel(t, Options{}, &method{helper: true})
	file, release := hangingExec(t)
	k.Start(&Spec{ID: 1, Argv: []string{file}, Umask: -1})
	k.Start(&Spec{ID: 2, Argv: []string{"/bin/true"}, Umask: -1})
	helper := 0
	eventually(t, "no helper is waiting for its child", func() string {
		var ours []int // the helper, and its child that has not become a program yet: it has one thread
		for _, pid := range childrenOf(os.Getpid()) {
			if argv0(pid) == reexecName {
				ours = append(ours, pid)
			}
		}
		if len(ours) != 2 {
			return fmt.Sprint(ours)
		}
		for _, pid := range ours {
			if tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid)); len(tasks) > 1 {
				helper = pid
			}
		}
		return ""
	})
	if helper == 0 {
		return
	}
	if err := syscall.Kill(helper, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	results := map[uint64]Started{}
	for len(results) < 2 {
		s := started(t, k)
		results[s.ID] = s
	}
	if err := results[1].Err; err == nil {
		t.Error("the start at which the helper died succeeded")
	}
	if err := results[2].Err; err != nil {
		t.Error(err)
	} else {
		drain(t, results[2])
		exited(t, k)
	}
	release()
	k.Close()
	reapAll(t)
}
