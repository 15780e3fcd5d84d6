package spawn

import (
	"fmt"
	"os"
	"strings"
)

// statField returns a field of /proc/PID/stat, counted from the state: 0 state, 1 parent,
// 2 process group, 3 session, 4 terminal.
func statField(pid, n int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if n >= len(fields) {
		return ""
	}
	return fields[n]
}
