package compat

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// stepWait polls for a condition and shows nothing, or that the condition was not met:
//
//	wait state NAME STATE…      getProcessInfo returns one of the states
//	wait log TEXT [xN]          the main log holds the text (N times)
//	wait file PATH [TEXT [xN]]  the file exists (and holds the text)
//	wait gone PATH              it does not exist
//	wait empty PATH             it exists and is empty
//	wait exit                   the daemon has ended: shows how
//	wait up                     the daemon answers, with a pidfile: after a restart
//	wait stream TEXT            the stream that "stream" opened has shown it
//	wait orphan PATH            the process whose pid is in the file has ended
func stepWait(in *instance, w *strings.Builder, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("wait for what?")
	}
	kind, args := args[0], args[1:]
	times := 1
	if n := len(args); n > 0 && strings.HasPrefix(args[n-1], "x") {
		if t, err := strconv.Atoi(args[n-1][1:]); err == nil {
			times, args = t, args[:n-1]
		}
	}
	last := ""
	var done func() bool
	switch {
	case kind == "exit" && len(args) == 0:
		return in.awaitExit(w)
	case kind == "up" && len(args) == 0:
		done = func() bool { _, err := in.call("supervisor.getPID"); return err == nil && in.pidfile() > 0 }
	case kind == "state" && len(args) >= 2:
		done = func() bool { last = in.state(args[0]); return slices.Contains(args[1:], last) }
	case kind == "log" && len(args) == 1:
		done = func() bool { return in.has("supervisord.log", args[0], times) }
	case kind == "file" && len(args) == 1:
		done = func() bool { found, _ := filepath.Glob(in.path(args[0])); return len(found) > 0 }
	case kind == "file" && len(args) == 2:
		done = func() bool { return in.has(args[0], args[1], times) }
	case kind == "empty" && len(args) == 1:
		done = func() bool { st, err := os.Stat(in.path(args[0])); return err == nil && st.Size() == 0 }
	case kind == "gone" && len(args) == 1:
		done = func() bool { _, err := os.Lstat(in.path(args[0])); return err != nil }
	case kind == "stream" && len(args) == 1 && in.stream != nil:
		done = func() bool { return strings.Count(in.stream.text(), args[0]) >= times }
	case kind == "orphan" && len(args) == 1:
		done = func() bool {
			pid, err := strconv.Atoi(strings.TrimSpace(in.read(args[0])))
			return err == nil && !alive(pid)
		}
	default:
		return fmt.Errorf("bad wait")
	}
	if !in.poll(done) {
		fmt.Fprintf(w, "TIMEOUT %s\n", last)
	}
	return nil
}

// alive reports whether a process runs; a zombie does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

// state returns a process's statename; errors count as states.
func (in *instance) state(name string) string {
	v, err := in.call("supervisor.getProcessInfo", name)
	if err != nil {
		return err.Error()
	}
	return v.member("statename").text
}

// stepKill signals a program's process directly, not through the daemon: kill SIGNAL
// NAME.
func stepKill(in *instance, w *strings.Builder, args []string) error {
	sig := unix.SignalNum("SIG" + args[0])
	if sig == 0 {
		return fmt.Errorf("no such signal")
	}
	v, err := in.call("supervisor.getProcessInfo", args[1])
	if err != nil {
		fmt.Fprintln(w, err)
		return nil
	}
	pid, err := strconv.Atoi(v.member("pid").text)
	if err != nil || pid <= 1 {
		fmt.Fprintln(w, "no pid")
		return nil
	}
	if err := syscall.Kill(pid, sig); err != nil || sig != syscall.SIGKILL {
		return err
	}
	in.poll(func() bool { return !alive(pid) }) // dying takes time, too
	return nil
}
