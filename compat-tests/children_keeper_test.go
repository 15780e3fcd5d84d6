package compat

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// childCount LINES PAUSE writes that many numbered lines at once, and again after each
// pause, until TERM.
func childCount(args []string) int {
	lines, _ := strconv.Atoi(args[0])
	pause, _ := time.ParseDuration(args[1])
	for next := 0; ; <-time.After(pause) {
		var b strings.Builder
		for range lines {
			next++
			fmt.Fprintf(&b, "%d\n", next)
		}
		if _, err := os.Stdout.WriteString(b.String()); err != nil {
			return 95
		}
	}
}

// childMark FILE appends its pid to the file, and lingers.
func childMark(args []string) int {
	_, _ = fmt.Fprintln(record(args[0]), os.Getpid())
	return linger()
}

// childTree FILE LEVELS leaves further processes, each in a session of its own and without
// its parent, whose pids are in the file, and lingers.
func childTree(args []string) int {
	_, _ = fmt.Fprintln(record(args[0]), os.Getpid())
	levels, _ := strconv.Atoi(args[1])
	exe, err := os.Executable()
	if levels == 0 || err != nil {
		return linger()
	}
	for range 2 {
		cmd := exec.Command(exe, "child", "tree", args[0], strconv.Itoa(levels-1))
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if cmd.Start() != nil {
			return 95
		}
	}
	if levels == 2 {
		return 0 // its children are orphans
	}
	return linger()
}
