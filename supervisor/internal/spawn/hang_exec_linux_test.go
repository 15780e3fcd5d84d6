package spawn

import (
	"bytes"
	"debug/elf"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// hangingInterpreter makes a program whose ELF interpreter can't be opened until release
// is called: no check of the program itself can detect that.
func hangingInterpreter(t *testing.T) (file string, release func()) {
	t.Helper()
	interpreter, release := hangingExec(t)
	// The name is short: it must fit in place of the old one.
	dir, err := os.MkdirTemp("/tmp", "i")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Symlink(interpreter, dir+"/l"); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Skip("/bin/true is no ELF program: ", err)
	}
	for _, p := range parsed.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		name := dir + "/l\x00"
		if uint64(len(name)) > p.Filesz {
			t.Skip("the interpreter's name is too short to be replaced")
		}
		copy(program[p.Off:p.Off+p.Filesz], name+strings.Repeat("\x00", int(p.Filesz)-len(name)))
		file = filepath.Join(dir, "true")
		if err := os.WriteFile(file, program, 0o755); err != nil {
			t.Fatal(err)
		}
		return file, release
	}
	t.Skip("/bin/true has no interpreter")
	return "", nil
}

// responsive fails unless programs start and garbage can be collected meanwhile.
func responsive(t *testing.T, k Kernel) {
	t.Helper()
	collected := make(chan bool)
	go func() {
		runtime.GC()
		close(collected)
	}()
	select {
	case <-collected:
	case <-time.After(patience):
		t.Fatal("this process stands still")
	}
	run(t, k, &Spec{ID: 99, Argv: []string{"/bin/true"}, Umask: -1})
}

// The interpreter of a program hangs. The program counts as started once that is
// reported; it can be killed.
func TestInterpreterHangs(t *testing.T) {
	file, release := hangingInterpreter(t)
	k := newTestKernel(t, Options{}, nil)
	spec := &Spec{ID: 1, Argv: []string{file}, Umask: -1}
	var pids []int
	for range 2 {
		k.Start(spec)
		stuck(t, k, 1, "executing "+file)
		s := started(t, k)
		if s.Err != nil || s.ID != 1 {
			t.Fatalf("%+v", s)
		}
		closeEnds(s)
		pids = append(pids, s.Pid)
		responsive(t, k)
	}
	if err := k.Signal(pids[0], syscall.SIGTERM, true); err != nil {
		t.Error(err)
	}
	if e := exited(t, k); e.Pid != pids[0] || e.Status.Signal != syscall.SIGTERM {
		t.Errorf("%+v", e)
	}
	release() // /bin/true is the interpreter now; the result does not matter
	if e := exited(t, k); e.Pid != pids[1] {
		t.Errorf("%+v", e)
	}
	responsive(t, k)
}

// An exec that hangs fails in the end. The child can't report that, so the daemon does.
func TestHangingExecFails(t *testing.T) {
	for name, merge := range map[string]bool{"stderr": false, "merged": true} {
		t.Run(name, func(t *testing.T) {
			file, release := hangingFile(t, []byte("not a program\n"))
			k := newTestKernel(t, Options{}, nil)
			k.limit = 50 * time.Millisecond
			k.Start(&Spec{ID: 1, Argv: []string{file}, Umask: -1, MergeStderr: merge})
			stuck(t, k, 1, "executing "+file)
			s := started(t, k)
			if s.Err != nil {
				t.Fatal(s.Err)
			}
			release()
			stdout, stderr := drain(t, s)
			want := "supervisor: couldn't exec " + file + ": ENOEXEC\nsupervisor: child process was not spawned\n"
			if e := exited(t, k); stdout+stderr != want || e.Status.Code != exitNotSpawned {
				t.Errorf("%q%q, %v; want %q", stdout, stderr, e.Status, want)
			}
			responsive(t, k)
		})
	}
}

// One more start hangs than may: the starts behind it wait, and go on when any of the
// hanging ones does.
func TestManyHang(t *testing.T) {
	file, release := hangingExec(t)
	k := newTestKernel(t, Options{}, nil)
	k.limit = 200 * time.Millisecond
	starter := 0
	for i := range maxHanging + 1 {
		k.Start(&Spec{ID: uint64(i), Argv: []string{file}, Umask: -1})
		stuck(t, k, uint64(i), "executing "+file)
		s := started(t, k)
		if s.Err != nil {
			t.Fatal(s.Err)
		}
		defer closeEnds(s)
		if now := starterOf(t); i > 0 && now != starter {
			release()
			for range i + 1 {
				exited(t, k)
			}
			t.Skip("the machine is so busy that the starter was taken for one that is stopped")
		} else {
			starter = now
		}
	}
	k.Start(&Spec{ID: 100, Argv: []string{"/bin/true"}, Umask: -1})
	stuck(t, k, 100, "waiting for starts that hang")
	release()
	s := started(t, k)
	if s.ID != 100 || s.Err != nil {
		t.Errorf("%+v", s)
	}
	drain(t, s)
	for range maxHanging + 2 {
		if e := exited(t, k); e.Status.Code != 0 {
			t.Errorf("%+v", e)
		}
	}
	responsive(t, k)
}

// The starter is killed while an exec hangs in it that was reported, and another one that
// was not.
func TestStarterKilledWhileExecHangs(t *testing.T) {
	file, release := hangingExec(t)
	k := newTestKernel(t, Options{}, nil)
	k.Start(&Spec{ID: 1, Argv: []string{file}, Umask: -1})
	stuck(t, k, 1, "executing "+file)
	first := started(t, k)
	if first.Err != nil {
		t.Fatal(first.Err)
	}
	closeEnds(first)
	k.Start(&Spec{ID: 2, Argv: []string{file}, Umask: -1})
	begin := clock()
	eventually(t, "no second child", func() string {
		if l := newLoop(k); len(l.lost(&starter{pid: starterOf(t)}, &request{start: &start{sent: begin}})) == 0 {
			return "none"
		}
		return ""
	})
	if err := syscall.Kill(waitForStarter(t), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	stuck(t, k, 2, "executing "+file)
	second := started(t, k)
	if second.Err != nil {
		t.Fatal(second.Err)
	}
	closeEnds(second)
	release()
	for range 2 {
		if e := exited(t, k); e.Pid != first.Pid && e.Pid != second.Pid || e.Status.Code != 0 {
			t.Errorf("%+v", e)
		}
	}
	nothingSaid(t, k)
}

// A start whose exec hangs is revoked: before that was reported, and after.
func TestRevokeWhileExecHangs(t *testing.T) {
	file, _ := hangingExec(t)
	k := newTestKernel(t, Options{}, nil)
	for _, said := range []bool{false, true} {
		begin := clock()
		k.Start(&Spec{ID: 1, Argv: []string{file}, Umask: -1})
		if said {
			stuck(t, k, 1, "executing "+file)
		} else {
			eventually(t, "no child", func() string {
				pid := starterOf(t)
				if l := newLoop(k); pid == 0 || len(l.lost(&starter{pid: pid}, &request{start: &start{sent: begin}})) == 0 {
					return "none"
				}
				return ""
			})
		}
		k.Revoke(1)
		s := started(t, k)
		if !said && s.Err == nil {
			closeEnds(s)
			_ = k.Signal(s.Pid, syscall.SIGKILL, false)
			exited(t, k)
			t.Skip("the machine is so busy that the hang was noticed before the test could revoke the start")
		}
		isRevoked(t, s, 1)
		responsive(t, k)
	}
	eventually(t, "a child is left", func() string {
		for _, pid := range children() {
			if p, ok := k.placeOf(pid); ok && p != hidden || ok && pid != starterOf(t) {
				return comm(pid)
			}
		}
		return ""
	})
	nothingSaid(t, k)
}

// A process holds execs for inspection (fanotify) and does not answer, not even for our
// own binary.
func TestExecInspectorHangs(t *testing.T) {
	fd, err := unix.FanotifyInit(unix.FAN_CLASS_CONTENT|unix.FAN_CLOEXEC|unix.FAN_NONBLOCK, unix.O_RDONLY)
	if err != nil {
		t.Skip("fanotify needs root and a kernel with it: ", err)
	}
	answer := func() { unix.Close(fd) } // the kernel then allows what was not answered
	defer func() { answer() }()
	k := newTestKernel(t, Options{}, nil)
	run(t, k, &Spec{Argv: []string{"/bin/true"}, Umask: -1})
	data, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	files := []string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")}
	for _, file := range files {
		if err := os.WriteFile(file, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range append([]string{self(t)}, files...) {
		if err := unix.FanotifyMark(fd, unix.FAN_MARK_ADD, unix.FAN_OPEN_EXEC_PERM, unix.AT_FDCWD, file); err != nil {
			t.Skip("no FAN_OPEN_EXEC_PERM here: ", err)
		}
	}
	for i, file := range files {
		k.Start(&Spec{ID: uint64(i), Argv: []string{file}, Umask: -1})
		stuck(t, k, uint64(i), "executing "+file)
		s := started(t, k)
		if s.Err != nil {
			t.Fatal(s.Err)
		}
		closeEnds(s)
		responsive(t, k)
	}
	answer()
	answer = func() {}
	for range files {
		if e := exited(t, k); e.Status.Code != 0 {
			t.Errorf("%+v", e)
		}
	}
}
