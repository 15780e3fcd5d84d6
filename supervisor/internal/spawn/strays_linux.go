package spawn

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// straysFor is how long FindStrays waits for the end of what a dead daemon has used to
// start programs.
const straysFor = time.Second

// FindStrays returns what a daemon that has died was starting as these processes, without
// having noted the pid; each that lives, by its place in all. Its parent is parent by now.
// It waits until the starter of that daemon has ended.
func FindStrays(parent int, all []Stray) (pids map[int]int) {
	pids = map[int]int{}
	if len(all) == 0 {
		return pids
	}
	for until := time.Now().Add(straysFor); startsStill(parent) && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	places := map[[2]string]int{} // by group and name
	for i, s := range all {
		places[[2]string{s.Group, s.Name}] = i
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
		if i, ok := places[is]; ok && s.born >= clock()-instant(Monotonic()-all[i].Asked)-2*tick {
			pids[i] = pid
		}
	}
	return pids
}

// startsStill reports whether a starter, or a child of one that has executed nothing yet,
// is left.
func startsStill(parent int) bool {
	return slices.ContainsFunc(childrenOf(strconv.Itoa(parent)), func(pid int) bool {
		s, ok := readStat(pid)
		return ok && s.parent == parent && !s.ended && (!s.executed || s.name == starterName || s.name == reexecName || s.name == "exe")
	})
}

// procIsOurs reports whether /proc is that of our PID namespace: else its numbers mean
// other processes.
var procIsOurs = sync.OnceValue(func() bool {
	self, err := os.Readlink("/proc/self")
	return err == nil && self == strconv.Itoa(os.Getpid())
})

// childrenOf returns the pids of a process's children, as far as the kernel lists them.
func childrenOf(process string) (pids []int) {
	if !procIsOurs() {
		return nil
	}
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
