package spawn

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// childrenOf lists the children of pid, zombies too.
func childrenOf(pid int) (children []int) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil && statField(n, 1) == strconv.Itoa(pid) {
			children = append(children, n)
		}
	}
	return children
}

// statField is a field of /proc/PID/stat, counted from the state: 0 state, 1 parent, 2 process group, 3 session, 4 terminal.
func statField(pid, n int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if n >= len(fields) {
		return ""
	}
	return fields[n]
}

func argv0(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	first, _, _ := strings.Cut(string(text), "\x00")
	return first
}
