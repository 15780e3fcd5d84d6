package procstat_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"reeve/supervisor/procstat"
)

// The test binary plays the processes that are measured.
func TestMain(m *testing.M) {
	switch os.Getenv("PROCSTAT_CHILD") {
	case "parent": // has a child that waits; both end when stdin does
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "PROCSTAT_CHILD=waiter")
		child.Stdin = os.Stdin
		if err := child.Start(); err != nil {
			os.Exit(1)
		}
		os.Stdout.WriteString("ready\n")
		_ = child.Wait()
		os.Exit(0)
	case "waiter":
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// start runs this binary as a stand-in until the test ends.
func start(t *testing.T, role string) (pid int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PROCSTAT_CHILD="+role)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	line := make([]byte, 6)
	if _, err := io.ReadFull(stdout, line); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func TestTreeIsSummedUp(t *testing.T) {
	pid := start(t, "parent")
	const nobody = 1<<22 + 1 // above the highest pid that can exist
	var s procstat.Sampler
	first, err := s.Sample(t.Context(), []int{pid, nobody})
	if err != nil {
		t.Fatal(err)
	}
	u, ok := first[pid]
	if !ok || u.Processes != 2 || u.Memory == 0 {
		t.Errorf("the tree of a process and its child is %+v, want 2 processes with memory", u)
	}
	if u.CPU != 0 {
		t.Errorf("the first sample says %v cores, want 0: there is nothing to compare with", u.CPU)
	}
	if _, ok := first[nobody]; ok {
		t.Error("a process that does not exist has a usage")
	}
}

func TestCPUSinceTheSampleBefore(t *testing.T) {
	self := os.Getpid()
	var s procstat.Sampler
	if _, err := s.Sample(t.Context(), []int{self}); err != nil {
		t.Fatal(err)
	}
	stop := time.Now().Add(150 * time.Millisecond)
	sum := 0
	for i := 0; time.Now().Before(stop); i++ { // busy: only the clock ends it
		sum += i
	}
	second, err := s.Sample(t.Context(), []int{self})
	if err != nil {
		t.Fatal(err)
	}
	if cpu := second[self].CPU; cpu <= 0 {
		t.Errorf("after keeping a core busy (%d) the sample says %v cores, want more than none", sum, cpu)
	}
}

func TestSampleEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var s procstat.Sampler
	if _, err := s.Sample(ctx, []int{os.Getpid()}); err == nil {
		t.Error("a sample that was given up returned no error")
	}
}
