package spawn

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// hangingExec makes a program whose exec hangs until release is called: a file under a
// write lease can't be opened until its holder releases it (or the system breaks the
// lease, by default after 45 s).
func hangingExec(t *testing.T) (file string, release func()) {
	t.Helper()
	data, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	return hangingFile(t, data)
}

func hangingFile(t *testing.T, data []byte) (file string, release func()) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "true")
	if err := os.WriteFile(file, data, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file) // not for writing, or the exec fails with ETXTBSY
	if err != nil {
		t.Fatal(err)
	}
	fd := f.Fd()
	// SIGIO would report that a process waits, and kill us.
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

// The exec of one program really hangs; the others start, and it starts when the cause is
// gone.
func TestHangingExec(t *testing.T) {
	for name, how := range starters {
		t.Run(name, func(t *testing.T) {
			file, release := hangingExec(t)
			k := newTestKernel(t, Options{}, &how)
			k.Start(&Spec{ID: 1, Name: "hung", Argv: []string{file}, Umask: -1})
			const others = 20
			for i := range others {
				k.Start(&Spec{ID: uint64(2 + i), Name: "p", Argv: []string{"/bin/true"}, Umask: -1})
			}
			pids := map[int]uint64{}
			ended := 0
			take := func() {
				select {
				case st := <-k.Stuck():
					if st.ID != 1 || st.Where != "executing "+file {
						t.Errorf("%+v", st)
					}
				case s := <-k.Started():
					if s.Err != nil {
						t.Fatal(s.Err)
					}
					pids[s.Pid] = s.ID
					closeEnds(s)
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
