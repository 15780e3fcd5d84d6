package spawn

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// starterOf returns the pid of this process's starter; 0: there is none.
func starterOf(t *testing.T) int {
	t.Helper()
	for _, pid := range children() {
		if s, ok := readStat(pid); ok && s.parent == os.Getpid() && comm(pid) == starterName && statField(pid, 0) != "Z" {
			return pid
		}
	}
	return 0
}

func comm(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(text))
}

// waitForStarter waits until there is a starter.
func waitForStarter(t *testing.T) (pid int) {
	t.Helper()
	eventually(t, "no starter", func() string {
		if pid = starterOf(t); pid == 0 {
			return "none"
		}
		return ""
	})
	return pid
}

// The first start makes the starter, which has its own name and process group, and three
// descriptors of ours.
func TestStarterIsMadeByTheFirstStart(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	if pid := starterOf(t); pid != 0 {
		t.Errorf("pid %d is there before", pid)
	}
	run(t, k, &Spec{Argv: []string{"/bin/true"}, Umask: -1})
	pid := waitForStarter(t)
	if group := statField(pid, 2); group != fmt.Sprint(pid) {
		t.Errorf("its process group is %s, its pid %d", group, pid)
	}
	if session := statField(pid, 3); session != statField(os.Getpid(), 3) {
		t.Errorf("its session is %s", session)
	}
	args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if !strings.HasPrefix(string(args), starterName+"\x00") {
		t.Errorf("ps shows %q", args)
	}
}

// The starter is killed while there are no starts: the next start makes another one.
func TestStarterKilledWhileIdle(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	for range 20 {
		run(t, k, &Spec{Argv: []string{"/bin/true"}, Umask: -1})
		if err := syscall.Kill(waitForStarter(t), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	nothingSaid(t, k)
}

// killStarters kills starters until stop is called, which returns how many there were.
func killStarters(t *testing.T) (stop func() int) {
	killed, done := make(chan int), make(chan bool)
	go func() {
		deaths := 0
		for seed := uint32(1); ; seed = seed*1664525 + 1013904223 {
			select {
			case <-done:
				killed <- deaths
				return
			default:
			}
			if pid := starterOf(t); pid != 0 && syscall.Kill(pid, syscall.SIGKILL) == nil {
				deaths++
			}
			wait := unix.Timespec{Nsec: int64(seed % 6e6)}
			_ = unix.Nanosleep(&wait, nil)
		}
	}()
	return func() int {
		close(done)
		return <-killed
	}
}

// The starter is killed again and again while programs are started, including programs
// that fail and those that need the shim. Each start has one outcome and one child.
func TestStarterKilledWhileStarting(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	const n = 300
	stop := killStarters(t)
	script := t.TempDir() + "/script"
	if err := os.WriteFile(script, []byte("not a program\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	zero := 0
	for i := range n {
		spec := &Spec{ID: uint64(i), Name: "p", Argv: []string{"/bin/cat"}, Umask: -1}
		switch i % 10 {
		case 3:
			spec.Nice = &zero
		case 7:
			spec.Argv[0] = script
		}
		k.Start(spec)
	}
	var ran []Started
	for i := range n {
		s := started(t, k)
		if s.Err != nil || s.ID != uint64(i) {
			t.Fatalf("start %d: %+v", i, s)
		}
		ran = append(ran, s)
	}
	t.Logf("%d starters were killed", stop())
	pids := map[int]bool{}
	for _, s := range ran {
		pids[s.Pid] = true
	}
	if len(pids) != n {
		t.Errorf("%d starts have %d children", n, len(pids))
	}
	for _, pid := range children() {
		if comm(pid) == "cat" && !pids[pid] {
			t.Errorf("child %d is nobody's", pid)
		}
	}
	failed := 0
	for _, s := range ran {
		if _, stderr := drain(t, s); strings.Contains(stderr, "couldn't exec "+script) {
			failed++
		}
	}
	if failed != n/10 {
		t.Errorf("%d children have said that they failed, want %d", failed, n/10)
	}
	for range n {
		if e := exited(t, k); !pids[e.Pid] || e.Orphan || e.Status.Code != 0 && e.Status.Code != exitNotSpawned {
			t.Errorf("%+v", e)
		}
	}
	nothingSaid(t, k)
}

// The starter survives the signals that a terminal or a careless kill sends; if it is
// stopped, another one replaces it.
func TestStarterIsDeaf(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	run(t, k, &Spec{Argv: []string{"/bin/true"}, Umask: -1})
	pid := waitForStarter(t)
	for _, sig := range []syscall.Signal{
		syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM,
		syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGPIPE, syscall.SIGIO, syscall.SIGCONT, syscall.SIGWINCH,
	} {
		if err := syscall.Kill(-pid, sig); err != nil {
			t.Fatal(err)
		}
		run(t, k, &Spec{Argv: []string{"/bin/true"}, Umask: -1})
		if now := waitForStarter(t); now != pid {
			t.Fatalf("%v: pid %d took the place of %d", sig, now, pid)
		}
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		run(t, k, &Spec{Argv: []string{"/bin/true"}, Umask: -1})
	}
	if now := waitForStarter(t); now == pid {
		t.Error("the stopped one is still there")
	}
	nothingSaid(t, k)
}

// After a start that changes the user the daemon can still read its own /proc.
func TestDaemonStaysDumpable(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root switches users")
	}
	before, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		if out, _, _ := run(t, k, &Spec{Argv: []string{"/usr/bin/id", "-u"}, Umask: -1, User: &User{UID: 65534}}); out != "65534\n" {
			t.Errorf("the user is %q", out)
		}
		if after, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || after != before {
			t.Errorf("dumpable is %d, %v; it was %d", after, err, before)
		}
	})
}

// While a starter is being made, which hangs, exits are reported and starts can be given
// up.
func TestMakingTheStarterHangs(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	k.Start(&Spec{ID: 1, Argv: []string{self(t), "wait"}, Umask: -1})
	first := started(t, k)
	defer closeEnds(first)
	release, asked := make(chan bool), make(chan bool)
	k.newStarter = func(k *kernel) (*starter, error) {
		close(asked)
		<-release
		return newStarter(k)
	}
	if err := syscall.Kill(waitForStarter(t), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for id := range uint64(3) {
		k.Start(&Spec{ID: 2 + id, Argv: []string{"/bin/true"}, Umask: -1})
	}
	<-asked
	if err := k.Signal(first.Pid, syscall.SIGKILL, false); err != nil {
		t.Fatal(err)
	}
	if e := exited(t, k); e.Pid != first.Pid {
		t.Errorf("%+v, want the end of %d", e, first.Pid)
	}
	k.Revoke(2)
	if s := started(t, k); s.ID != 2 || s.Err == nil {
		t.Errorf("the start that was given up: %+v", s)
	}
	close(release)
	for id := range uint64(2) {
		s := started(t, k)
		if s.ID != 3+id || s.Err != nil {
			t.Errorf("%+v, want start %d", s, 3+id)
		}
		closeEnds(s)
		if e := exited(t, k); e.Pid != s.Pid {
			t.Errorf("%+v, want the end of %d", e, s.Pid)
		}
	}
}

// The kernel is closed while a starter is being made: it ends as well.
func TestClosedWhileMakingTheStarter(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	release, asked := make(chan bool), make(chan bool)
	k.newStarter = func(k *kernel) (*starter, error) {
		close(asked)
		<-release
		return newStarter(k)
	}
	k.Start(&Spec{ID: 1, Argv: []string{"/bin/true"}, Umask: -1})
	<-asked
	k.Close()
	close(release)
	eventually(t, "the starter is left", func() string {
		if left := childrenNow(); len(left) > 0 {
			return fmt.Sprint(left)
		}
		return ""
	})
}

// Where the starter dies at once, this process forks.
func TestStarterDiesAtOnce(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	done := make(chan bool)
	defer close(done)
	go func() {
		for {
			for _, pid := range children() {
				if p, ok := k.placeOf(pid); ok && p == hidden {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
			select {
			case <-done:
				return
			default:
			}
		}
	}()
	for range 3 {
		if out, _, e := run(t, k, &Spec{Argv: []string{"/bin/echo", "here"}, Umask: -1}); out != "here\n" || e.Status.Code != 0 {
			t.Errorf("%q, %v", out, e.Status)
		}
	}
}

// lost finds a child without a program, and one that executed a program and has ended.
func TestLost(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	l := newLoop(k)
	begin := clock()
	var pids []int
	for _, own := range []bool{true, false, true} {
		pid, err := syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Setpgid: own}})
		if err != nil {
			t.Fatal(err)
		}
		defer waitFor(pid, new(syscall.WaitStatus))
		pids = append(pids, pid)
	}
	k.own(pids[2], known) // not lost
	defer func() {
		k.mu.Lock()
		delete(k.live, pids[2])
		k.mu.Unlock()
	}()
	if got := l.lost(&starter{pid: 1}, &request{start: &start{sent: begin}}); !slices.Equal(got, []stray{{pids[0], true}}) {
		t.Errorf("found %v of %v", got, pids)
	}
	if got := l.lost(&starter{pid: 1}, &request{start: &start{sent: begin + instant(1e10)}}); got != nil {
		t.Errorf("found %v, born before", got)
	}
}

// Among orphans, a child of ours is recognized by its pipes, or as a zombie by its
// session.
func TestLostAmongOrphans(t *testing.T) {
	r := &request{start: newStart(&Spec{})}
	if err := r.pipes(); err != nil {
		t.Fatal(err)
	}
	defer r.closeAll()
	null := int(openNull(t).Fd())
	for name, c := range map[string]struct {
		files  []int
		setsid bool
		argv   []string
		want   bool
	}{
		"ours":                  {r.files(), false, []string{"/bin/cat"}, true},
		"with a session":        {r.files(), true, []string{"/bin/cat"}, true},
		"orphan without a pipe": {[]int{null, null, null}, false, []string{"/bin/sleep", "60"}, false},
		"zombie":                {r.files(), false, []string{"/bin/true"}, true},
		"orphan's zombie":       {r.files(), true, []string{"/bin/true"}, false},
	} {
		files := []uintptr{}
		for _, fd := range c.files {
			files = append(files, uintptr(fd))
		}
		pid, err := syscall.ForkExec(c.argv[0], c.argv, &syscall.ProcAttr{Files: files, Sys: &syscall.SysProcAttr{Setsid: c.setsid}})
		if err != nil {
			t.Fatal(err)
		}
		if c.argv[0] == "/bin/true" {
			eventually(t, "it lives", func() string { return strings.TrimPrefix(statField(pid, 0), "Z") })
		}
		s, ok := readStat(pid)
		if got := r.hasPipeIn(pid, s); got != c.want || !ok {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
		_ = syscall.Kill(pid, syscall.SIGKILL)
		waitFor(pid, new(syscall.WaitStatus))
	}
}

func openNull(t *testing.T) *os.File {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	return null
}
