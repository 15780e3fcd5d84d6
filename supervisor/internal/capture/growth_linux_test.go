package capture

import (
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

func TestBusyPipeGrowsAndShrinks(t *testing.T) {
	child, fd := childPipe(t)
	defer unix.Close(fd)
	size := func() int { return pipeSize(int(child.Fd())) }
	before := size()
	if err := resizePipe(fd, largePipe); err != nil {
		t.Skip("pipes can't grow here:", err)
	}
	if err := resizePipe(fd, before); err != nil {
		t.Fatal(err)
	}
	r := &row{id: stdout, fd: fd}
	table := &Table{now: time.Now(), rows: map[ID]*row{stdout: r}}
	table.sized(r, busyRead)
	if size() != before || table.patience() >= 0 {
		t.Error("it grew for a small read, or the table does not sleep")
	}
	table.sized(r, busyRead+1)
	if size() != largePipe || table.patience() < 0 {
		t.Errorf("%d bytes, patience %v", size(), table.patience())
	}
	table.shrink() // still busy
	if size() != largePipe {
		t.Error("it shrank while busy")
	}
	table.now = table.now.Add(quietFor)
	table.shrink()
	if size() != before || table.grown != 0 || table.patience() >= 0 {
		t.Errorf("%d bytes, %d grown, patience %v", size(), table.grown, table.patience())
	}
}

func TestOnlyAFewPipesGrow(t *testing.T) {
	_, fd := childPipe(t)
	defer unix.Close(fd)
	table := &Table{grown: grownMax}
	before := pipeSize(fd)
	table.sized(&row{fd: fd}, busyRead+1)
	table.grown = 0
	table.sized(&row{fd: fd, opt: Options{Events: true}}, busyRead+1)
	if pipeSize(fd) != before {
		t.Errorf("it grew to %d", pipeSize(fd))
	}
}

func TestFloodIsMetWithPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flood
		round := func(wait time.Duration, n int) time.Duration {
			f.begin(time.Now())
			time.Sleep(wait)
			f.woken()
			f.read(n, plainPipe)
			return f.end()
		}
		for range 100 {
			if d := round(atOnce+1, 100); d != 0 {
				t.Fatalf("a quiet program waits %v", d)
			}
		}
		for range floodAfter - 1 {
			if d := round(0, 100); d != 0 {
				t.Fatalf("too early: %v", d)
			}
		}
		if d := round(0, 100); d != letItFill {
			t.Errorf("a flood of lines: %v", d)
		}
		if d := round(0, plainPipe/2); d != 0 {
			t.Errorf("a flood of blocks: %v", d)
		}
		f.begin(time.Now())
		if d := f.end(); d != 0 {
			t.Errorf("a command: %v", d)
		}
		if d := round(time.Second, 100); d != 0 {
			t.Errorf("after a pause: %v", d)
		}
	})
}
