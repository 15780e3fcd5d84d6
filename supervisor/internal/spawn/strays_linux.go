package spawn

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// straysFor is how long FindStrays waits for children that are about to execute a program.
const straysFor = time.Second

// FindStrays returns what a daemon that has died was starting as these processes, without
// having noted the pid; each that lives, by its place in all. Its parent is parent by now.
// Nothing comes after it: what that daemon has used to start programs is killed before, and
// so is a child that hangs before it executes one. Processes that are known are let alone.
func FindStrays(parent int, known []int, all []Stray) (pids map[int]int) {
	pids = map[int]int{}
	for until := time.Now().Add(straysFor); ; {
		starters, young := unsettled(parent, known)
		late := time.Now().After(until)
		if len(starters) == 0 && (len(young) == 0 || late) {
			break
		}
		for _, pid := range starters {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if time.Sleep(time.Millisecond); !late {
			continue
		}
		for _, pid := range young {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if time.Since(until) > straysFor { // they hang in the kernel, and die there
			break
		}
	}
	if len(all) == 0 {
		return pids
	}
	born := map[int]instant{}
	for _, pid := range childrenOf(strconv.Itoa(parent)) {
		s, ok := readStat(pid)
		if !ok || s.group != pid || slices.Contains(known, pid) {
			continue
		}
		i := byPipe(pid, all)
		if i < 0 {
			i = byName(pid, s.born, all)
		}
		if before, has := born[i]; i >= 0 && (!has || s.born < before) {
			pids[i], born[i] = pid, s.born
		}
	}
	return pids
}

// byPipe returns the place in all of the process that has one of these pipes; -1: of none.
func byPipe(pid int, all []Stray) int {
	for fd := range 3 {
		link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
		if err != nil {
			continue
		}
		for i, s := range all {
			for _, ours := range s.Pipes {
				if own, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(ours)); own == link {
					return i
				}
			}
		}
	}
	return -1
}

// byName returns the place in all of the process that a child's environment names; -1: of
// none.
func byName(pid int, born instant, all []Stray) int {
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return -1
	}
	var group, name string
	for v := range strings.SplitSeq(string(environ), "\x00") {
		if g, ok := strings.CutPrefix(v, "SUPERVISOR_GROUP_NAME="); ok {
			group = g
		} else if n, ok := strings.CutPrefix(v, "SUPERVISOR_PROCESS_NAME="); ok {
			name = n
		}
	}
	return slices.IndexFunc(all, func(s Stray) bool {
		return !s.Revoked && s.Group == group && s.Name == name && born >= clock()-instant(Monotonic()-s.Asked)-2*tick
	})
}

// unsettled returns the children of parent that are starters, and those that have not
// executed a program yet, or are shims.
func unsettled(parent int, known []int) (starters, young []int) {
	own, _ := os.ReadFile("/proc/self/cmdline")
	for _, pid := range childrenOf(strconv.Itoa(parent)) {
		s, ok := readStat(pid)
		if !ok || s.parent != parent || s.ended || pid == os.Getpid() || slices.Contains(known, pid) {
			continue
		}
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		name, _, _ := strings.Cut(string(line), "\x00")
		switch {
		case name == starterName && s.executed:
			starters = append(starters, pid)
		case name == starterName, name == reexecName, !s.executed && string(line) == string(own):
			young = append(young, pid)
		}
	}
	return starters, young
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
