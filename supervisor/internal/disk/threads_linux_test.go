package disk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func threads(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Skip("threads can't be counted here: ", err)
	}
	return len(tasks)
}

// With all workers and most spare threads stuck in system calls, the runtime works on
// without a new thread.
func TestPrepareMakesAllThreads(t *testing.T) {
	Prepare()
	before := threads(t)
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pipe[0])
	hang := func() {
		var b [1]byte
		_, _ = syscall.Read(pipe[0], b[:])
	}
	var hung sync.WaitGroup
	for device := range workers {
		for range 2 * workers {
			hung.Add(1)
			if err := Go(fmt.Sprintf("/dev/%d", device), func() { defer hung.Done(); hang() }); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range spare - 4 { // sysmon's, the collector's and the poller's are not among them
		hung.Go(hang)
	}
	for range 20 {
		runtime.GC()
		var busy sync.WaitGroup
		for range 100 {
			busy.Go(func() { runtime.Gosched() })
		}
		busy.Wait()
	}
	if after := threads(t); after > before {
		t.Errorf("%d threads after Prepare, %d later", before, after)
	}
	syscall.Close(pipe[1])
	hung.Wait()
}

func TestThreadRoom(t *testing.T) {
	root := "/sys/fs/cgroup/pids"
	group, err := os.MkdirTemp(root, "reeve-test")
	if err != nil {
		t.Skip("no group with a limit can be made here: ", err)
	}
	defer os.Remove(group)
	if err := os.WriteFile(filepath.Join(group, "pids.max"), []byte("100"), 0); err != nil {
		t.Skip("no limit can be set here: ", err)
	}
	if most, ok := number(filepath.Join(group, "pids.max")); !ok || most != 100 {
		t.Errorf("pids.max is read as %d, %v", most, ok)
	}
	if _, ok := number(filepath.Join(group, "none")); ok {
		t.Error("a missing file has a number")
	}
	if len(pidsGroups()) == 0 {
		t.Error("no group of our own was found")
	}
}

func TestTasksOfAUser(t *testing.T) {
	if n := tasksOf(os.Getuid()); n < threads(t) {
		t.Errorf("the user has %d tasks, this process alone has %d", n, threads(t))
	}
}

// The device of a folder that is a link to another file system is learned from a file in
// it, and forgotten when the mounts change.
func TestLearn(t *testing.T) {
	if mounted("/") == "" {
		t.Skip("there is no table of mounts here")
	}
	path := "/a folder/log"
	Learn(path, unix.Mkdev(250, 3))
	if got := whereIs("/a folder/other").device; got != "250:3" {
		t.Errorf("learned %q", got)
	}
	if got := whereIs("/log").device; got == "250:3" {
		t.Error("the folder above is taken for the same")
	}
	learned.Lock()
	clear(learned.folders)
	learned.Unlock()
}

// A signal for the process must not be given to a thread that hangs; afterwards the
// thread takes signals again, as it then serves any goroutine.
func TestWorkTakesNoSignals(t *testing.T) {
	blocked := func() string {
		status, err := os.ReadFile("/proc/thread-self/status")
		if err != nil {
			t.Skip("the mask of a thread can't be had here: ", err)
		}
		_, mask, _ := strings.Cut(string(status), "\nSigBlk:\t")
		return mask[:16]
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := blocked()
	// All but 4, 5, 7, 8, 11, 31, 32 and 33; 9 and 19 can't be blocked.
	const want = "fffffffe3ffbfa27"
	for i, do := range []func(func()){
		func(work func()) { _ = Do("/dev/here", work) },
		func(work func()) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			_, _ = Get(ctx, "/dev/worker", func() (struct{}, error) { work(); return struct{}{}, nil })
		},
	} {
		var inside string
		do(func() { inside = blocked() })
		if inside != want {
			t.Errorf("%d: during work %s is blocked, want %s", i, inside, want)
		}
	}
	if after := blocked(); after != before {
		t.Errorf("%s was blocked before work, %s after", before, after)
	}
}
