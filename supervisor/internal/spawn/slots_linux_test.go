//go:build linux && (amd64 || arm64)

package spawn

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// disable makes all starts that follow go the other way.
func (n *slots) disable() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.probed, n.off = true, true
}

// newTestSlots opens slots, if starts can be made with them here.
func newTestSlots(t *testing.T) *slots {
	t.Helper()
	n := openSlots()
	t.Cleanup(n.close)
	null := int(openNull(t).Fd())
	pid, err := n.forkExec(&plan{File: "/bin/true", Argv: []string{"true"}}, []int{null, null, null})
	if errors.Is(err, errNoSlots) {
		t.Skip("no close_range here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var ws syscall.WaitStatus
	if got, err := waitFor(pid, &ws); got != pid || ws.ExitStatus() != 0 {
		t.Fatalf("wait gives %d, %v, status %#x", got, err, ws)
	}
	return n
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

// The probe of this kernel agrees with what it is about, and fails where numbers stay used up.
func TestProbe(t *testing.T) {
	null := int(openNull(t).Fd())
	if childrenCanDoWithout(null, false) {
		t.Error("numbers that are used up were not noticed")
	}
	before := fdCount(t)
	if !childrenCanDoWithout(null, true) {
		t.Skip("children can't do without descriptors here")
	}
	if after := fdCount(t); after != before {
		t.Errorf("%d descriptors are open, %d were: the probe has used up the daemon's own", after, before)
	}
	if _, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("children are left: %v", err)
	}
}

// What can't be started leaves no child, and the slots as they were.
func TestSlotsOfFailedStarts(t *testing.T) {
	n := newTestSlots(t)
	var r, w int
	if err := pipe(&r, &w); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		plan plan
		want error
	}{
		{plan{File: "/nonexistent", Argv: []string{"x"}}, syscall.ENOENT},
		{plan{File: "/bin/true", Argv: []string{"x"}, Dir: "/nonexistent"}, syscall.ENOENT},
		{plan{File: "/bin", Argv: []string{"x"}}, syscall.EACCES},
		{plan{File: "/bin/true", Argv: []string{"a\x00b"}}, syscall.EINVAL},
	} {
		if pid, err := n.forkExec(&c.plan, []int{r, w, w}); pid != 0 || err != c.want {
			t.Errorf("%+v: pid %d, %v; want %v", c.plan, pid, err, c.want)
		}
	}
	if _, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("children are left: %v", err)
	}
	if len(n.free) != slotSets || n.off {
		t.Errorf("%d sets of slots are free, disabled %v", len(n.free), n.off)
	}
	syscall.Close(w)
	if got, err := syscall.Read(r, make([]byte, 1)); got != 0 || err != nil {
		t.Errorf("read gives %d, %v: somebody still holds the other end", got, err)
	}
	syscall.Close(r)
}

// Starts that hang keep their slots; the others go the other way, and what comes back after the end is closed.
func TestSlotsRunOut(t *testing.T) {
	before := fdCount(t)
	n := newTestSlots(t)
	var sets [slotSets][maxFiles]int
	for i := range sets {
		var ok bool
		if sets[i], ok = n.take(); !ok {
			t.Fatalf("no slots for start %d", i)
		}
	}
	null := int(openNull(t).Fd())
	if pid, err := n.forkExec(&plan{File: "/bin/true", Argv: []string{"true"}}, []int{null, null, null}); err != errNoSlots {
		t.Errorf("without slots: pid %d, %v", pid, err)
	}
	n.give(sets[0], maxFiles)
	n.close()
	for _, set := range sets[1:] {
		n.give(set, maxFiles)
	}
	if after := fdCount(t); after != before+2 { // /dev/null twice
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}
