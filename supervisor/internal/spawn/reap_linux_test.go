package spawn

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// A zombie that is not ours is at the head of the list; two of ours end behind it.
func TestForeignZombieAtTheHead(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		foreign, err := syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{Env: os.Environ()})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the foreign child did not end", func() string {
			if statField(foreign, 0) == "Z" {
				return ""
			}
			return statField(foreign, 0)
		})
		for i := range 2 {
			k.Start(&Spec{ID: uint64(i), Argv: []string{"/bin/true"}, Umask: -1})
		}
		for range 2 {
			s := started(t, k)
			if s.Err != nil {
				t.Fatal(s.Err)
			}
			drain(t, s)
		}
		for range 2 {
			if e := exited(t, k); e.Pid == foreign || e.Orphan || e.Status.Code != 0 {
				t.Errorf("exit %+v", e)
			}
		}
		var ws syscall.WaitStatus
		if pid, err := waitFor(foreign, &ws); pid != foreign || ws.ExitStatus() != 0 {
			t.Errorf("the foreign child was stolen: wait gives %d, %v, status %#x", pid, err, ws)
		}
	})
}

// A child is dead and a zombie before its Started is received.
func TestDeadBeforeStarted(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		const n = 5
		for i := range n {
			k.Start(&Spec{ID: uint64(i), Argv: []string{self(t), "exit-7"}, Umask: -1})
		}
		eventually(t, "children are left unreaped", func() string {
			k.mu.Lock()
			live := len(k.live)
			k.mu.Unlock()
			if live > 1 { // the starter
				return fmt.Sprint(live)
			}
			return ""
		})
		for range n {
			select {
			case e := <-k.Exited():
				t.Fatalf("%+v before its Started", e)
			case s := <-k.Started():
				if s.Err != nil {
					t.Fatal(s.Err)
				}
				drain(t, s)
				if e := exited(t, k); e.Pid != s.Pid || e.Status.Code != 7 {
					t.Errorf("started %d, exit %+v", s.Pid, e)
				}
			}
		}
	})
}

func Test124OrphansOfASubreaper(t *testing.T) {
	cmd := exec.Command(self(t), "leave-orphans")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got orphanReport
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if want := (orphanReport{Child: "exit status 0", Orphan: "exit status 9", Library: "exit status 3"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

type orphanReport struct{ Child, Orphan, Library string }

// leaveOrphans plays a subreaper with a child that leaves an orphan, while a library in
// it starts a process and waits for it. The orphan waits on descriptor 3, because a shell
// gives background processes /dev/null as stdin.
func leaveOrphans() {
	var r orphanReport
	if err := BecomeSubreaper(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	k := newKernel(Options{})
	library := exec.Command("/bin/sh", "-c", "exit 3")
	library.Start()
	k.Start(&Spec{Argv: []string{"/bin/sh", "-c", "exec 3<&0; (exec >&- 2>&-; read x <&3; exit 9) & exit 0"}, Umask: -1})
	s := <-k.Started()
	e := <-k.Exited()
	r.Child = e.Status.String()
	// While the library's process is a zombie it may hide the orphan, for up to
	// strangerFor.
	library.Wait()
	r.Library = library.ProcessState.String()
	closeFD(&s.Stdin) // ends the orphan
	if e = <-k.Exited(); e.Orphan {
		r.Orphan = e.Status.String()
	}
	k.Close()
	json.NewEncoder(os.Stdout).Encode(r)
}

// Test124ChildrenFromBefore: a child of an earlier program in this process ends like an
// orphan.
func Test124ChildrenFromBefore(t *testing.T) {
	if _, err := os.Stat("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children"); err != nil {
		t.Skip("this kernel does not tell children: ", err)
	}
	cmd := exec.Command("/bin/sh", "-c", `exec 3<&0; (read x <&3; exit 9) & exec 3<&- "$0" inherit`, self(t))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, len("ready\n"))
	if _, err := io.ReadFull(out, ready); err != nil {
		t.Fatal(err)
	}
	in.Close()
	status, err := io.ReadAll(out)
	if err != nil || cmd.Wait() != nil || string(status) != "exit status 9" {
		t.Errorf("told %q, %v", status, err)
	}
}

// inherit reports how the child ends that it has from the start.
func inherit() {
	k := newKernel(Options{})
	fmt.Println("ready")
	if e := <-k.Exited(); e.Orphan {
		fmt.Print(e.Status)
	}
	k.Close()
}

// A signal for a child already known to have ended leaves the other children to the next
// tick, but no longer.
func TestSignalAboutAKnownChild(t *testing.T) {
	l := newLoop(&kernel{live: map[int]place{}})
	var pids [2]int
	for i := range pids {
		pid, err := syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{Env: os.Environ()})
		if err != nil {
			t.Fatal(err)
		}
		pids[i] = pid
		l.k.own(pid, known)
		eventually(t, "the child did not end", func() string {
			if state := statField(pid, 0); state != "Z" {
				return state
			}
			return ""
		})
	}
	told := func(what string, want ...int) {
		t.Helper()
		var got []int
		for _, e := range l.exits {
			got = append(got, e.Pid)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: told %v, want %v of %v", what, got, want, pids)
		}
	}
	for i := range manyChildren {
		l.k.own(1<<22+i, known) // beyond any pid
	}
	l.k.suspects = pids[:1]
	l.signalled()
	told("after the signal", pids[0])
	if !l.reaper.later {
		t.Error("nobody will look for the other one")
	}
	l.lookAround(time.Now())
	told("at the next tick", pids[:]...)
	if l.reaper.later {
		t.Error("the ticks go on")
	}
}

// A child that closes its output and lives on is not polled for ever.
func TestSuspectThatLivesOn(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	k.Start(&Spec{Argv: []string{"/bin/cat"}, Umask: -1})
	s := started(t, k)
	if s.Err != nil {
		t.Fatal(s.Err)
	}
	l := newLoop(&kernel{live: map[int]place{s.Pid: known}})
	l.k.suspects = []int{s.Pid}
	if l.reapSuspects(); len(l.reaper.pending) != 1 {
		t.Fatalf("pending: %v", l.reaper.pending)
	}
	l.reaper.pending[0].since = time.Now().Add(-2 * suspectFor)
	if l.signalled(); len(l.reaper.pending) != 0 || l.reaper.later {
		t.Errorf("after its time: %+v", l.reaper)
	}
	drain(t, s)
	exited(t, k)
}

// Reap does not take a child whose Started was not received: its caller means an earlier
// process with the same pid.
func TestReapLeavesWhatWasNotReceived(t *testing.T) {
	pid, err := syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the child did not end", func() string {
		if state := statField(pid, 0); state != "Z" {
			return state
		}
		return ""
	})
	k := &kernel{look: make(chan struct{}, 1), live: map[int]place{}}
	if e, ended := k.Reap(pid); ended {
		t.Errorf("a stranger was reaped: %+v", e)
	}
	k.own(pid, young)
	if e, ended := k.Reap(pid); ended || len(k.suspects) != 1 {
		t.Errorf("before its Started: %+v, %v; suspects %v", e, ended, k.suspects)
	}
	k.received(pid)
	if e, ended := k.Reap(pid); !ended || e.Pid != pid || e.Status.Code != 0 {
		t.Errorf("after its Started: %+v, %v", e, ended)
	}
}

// waitFor is wait4 without WNOHANG.
func waitFor(pid int, status *syscall.WaitStatus) (int, error) {
	for {
		got, err := syscall.Wait4(pid, status, 0, nil)
		if err != syscall.EINTR {
			return got, err
		}
	}
}
