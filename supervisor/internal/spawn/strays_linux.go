package spawn

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// straysFor is how long KillStrays waits for the end of what a dead daemon has used to
// start programs.
const straysFor = time.Second

// KillStrays kills, with its group, what a daemon that has died may have started as one of
// these processes without having noted its pid. Its parent is parent by now. It waits until
// the starter of that daemon has ended.
func KillStrays(parent int, all []Stray) {
	if len(all) == 0 {
		return
	}
	for until := time.Now().Add(straysFor); startsStill(parent) && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	since := map[[2]string]instant{} // by group and name
	for _, s := range all {
		since[[2]string{s.Group, s.Name}] = clock() - instant(Monotonic()-s.Asked) - 2*tick
	}
	for _, pid := range childrenOf(strconv.Itoa(parent)) {
		s, ok := readStat(pid)
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if !ok || err != nil || s.group != pid {
			continue
		}
		var is [2]string
		for v := range strings.SplitSeq(string(environ), "\x00") {
			if group, ok := strings.CutPrefix(v, "SUPERVISOR_GROUP_NAME="); ok {
				is[0] = group
			} else if name, ok := strings.CutPrefix(v, "SUPERVISOR_PROCESS_NAME="); ok {
				is[1] = name
			}
		}
		if asked, ok := since[is]; ok && s.born >= asked {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
}

// startsStill reports whether a starter, or a child of one that has executed nothing yet, is
// left.
func startsStill(parent int) bool {
	return slices.ContainsFunc(childrenOf(strconv.Itoa(parent)), func(pid int) bool {
		s, ok := readStat(pid)
		return ok && s.parent == parent && !s.ended && (!s.executed || s.name == starterName || s.name == reexecName || s.name == "exe")
	})
}

// childrenOf returns the pids of a process's children, as far as the kernel lists them.
func childrenOf(process string) (pids []int) {
	lists, _ := filepath.Glob("/proc/" + process + "/task/*/children")
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for field := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
