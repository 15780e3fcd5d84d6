package supervisor

import (
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/keeper"
	"reeve/supervisor/process"
)

// What has come of a start that was given up is killed, unless nothing of it was left.
func TestRecoverKillsRevoked(t *testing.T) {
	for name, gone := range map[string]bool{"left": false, "gone": true} {
		t.Run(name, func(t *testing.T) {
			child := exec.Command("/bin/sleep", "300")
			child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			text, _ := records(t)
			trail, err := spawn.MemoryFile("trail")
			if err != nil {
				t.Fatal(err)
			}
			defer trail.Close()
			tr := makeTrail(&heldTrail{fd: -1}, nil, &trace{}, trailMost)
			tr.file, _ = spawn.MemoryFile("more")
			defer tr.file.Close()
			tr.revoking(40)
			tr.madeAs(40, child.Process.Pid)
			if gone {
				tr.revokedIsGone(40)
			} else { // and the loop waits for its outcome
				stopping := savedChild{Order: 1, Forking: 40}
				stopping.Machine.Machine.Forking, stopping.Machine.Machine.State = true, process.Stopping
				tr.write(&trailRecord{Children: []trailChild{{"web", stopping}}})
			}
			more, err := spawn.ReadAll(int(tr.file.Fd()))
			if err == nil {
				_, err = trail.Write(append(text, more...))
			}
			if err != nil {
				t.Fatal(err)
			}
			fd, err := syscall.Dup(int(trail.Fd())) // Recover closes it
			if err != nil {
				t.Fatal(err)
			}
			h, _, err := Recover([]keeper.Held{{Tag: keeper.Tag{Class: keeper.Trail}, FD: fd}})
			if err != nil {
				t.Fatal(err)
			}
			if c := h.Loop.Groups[0].Children[0]; c.Forking != 0 || c.Postponed {
				t.Errorf("it waits for the outcome of start %d, or starts again: %v", c.Forking, c.Postponed)
			}
			if gone {
				_ = child.Process.Signal(syscall.SIGTERM) // else it would have been KILL
			}
			err = child.Wait()
			if want := map[bool]string{false: "signal: killed", true: "signal: terminated"}[gone]; err == nil || err.Error() != want {
				t.Errorf("its end: %v, want %s", err, want)
			}
		})
	}
}

// A pipe may be held since before its child was there, and nobody has set it up yet: a read
// of it must not wait, like that of any other.
func TestRecoverSetsPipesUp(t *testing.T) {
	text, _ := records(t)
	trail, err := spawn.MemoryFile("trail")
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	if _, err := trail.Write(text); err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Dup(int(trail.Fd())) // Recover closes it
	if err != nil {
		t.Fatal(err)
	}
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pipe[0])
	defer syscall.Close(pipe[1])
	tag := keeper.Tag{Class: keeper.Pipe, Owner: 7, Place: uint8(capture.Stdout)}
	h, _, err := Recover([]keeper.Held{{Tag: keeper.Tag{Class: keeper.Trail}, FD: fd}, {Tag: tag, FD: pipe[0]}})
	if err != nil {
		t.Fatal(err)
	}
	if h.pipes[capture.ID{Proc: 7, Channel: capture.Stdout}] != pipe[0] {
		t.Fatalf("the pipes are %v", h.pipes)
	}
	if flags, err := unix.FcntlInt(uintptr(pipe[0]), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
		t.Errorf("the flags of the pipe are %#x, %v: a read of it waits", flags, err)
	}
}
