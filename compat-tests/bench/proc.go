//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// now returns CLOCK_MONOTONIC, which the children read too.
func now() time.Duration { return clock(unix.CLOCK_MONOTONIC) }

func clock(id int32) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// usage is processor time. User and Sys are sampled by the kernel's tick (4 ms at 250
// Hz), Total is exact.
type usage struct{ User, Sys, Total time.Duration }

func (a usage) sub(b usage) usage { return usage{a.User - b.User, a.Sys - b.Sys, a.Total - b.Total} }

// The kernel's clocks of another process (clock_getcpuclockid(3)): cpuProf has all time
// that the tick sampled, cpuVirt the part in user mode, cpuSched all time that the
// process used.
const (
	cpuProf = iota
	cpuVirt
	cpuSched
)

// used returns the processor time of a process, without its children's.
func used(pid int) usage {
	of := func(kind int32) time.Duration { return clock(^int32(pid)<<3 | kind) }
	user := of(cpuVirt)
	return usage{User: user, Sys: of(cpuProf) - user, Total: of(cpuSched)}
}

// family returns the processes that make up a daemon: itself, and those of its children
// that run the same executable (starts under way).
func family(pid int) []int {
	pids := []int{pid}
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return pids
	}
	for _, child := range childrenOf(pid) {
		if other, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", child)); err == nil && other == exe {
			pids = append(pids, child)
		}
	}
	return pids
}

func childrenOf(pid int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		data, err := os.ReadFile(list)
		if err != nil {
			continue // the thread ended
		}
		for field := range strings.FieldsSeq(string(data)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

func usedByAll(pids []int) (sum usage) {
	for _, pid := range pids {
		u := used(pid)
		sum = usage{sum.User + u.User, sum.Sys + u.Sys, sum.Total + u.Total}
	}
	return sum
}

var switchesLine = regexp.MustCompile(`(?m)^(?:non)?voluntary_ctxt_switches:\s+(\d+)$`)

// switches counts how often any thread of the processes was scheduled, and the threads.
func switches(pids []int) (total, threads int, err error) {
	for _, pid := range pids {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
		if len(files) == 0 {
			return 0, 0, fmt.Errorf("process %d is gone", pid)
		}
		threads += len(files)
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				return 0, 0, err
			}
			for _, m := range switchesLine.FindAllSubmatch(data, -1) {
				n, _ := strconv.Atoi(string(m[1]))
				total += n
			}
		}
	}
	return total, threads, nil
}

// pss returns the processes' proportional share of memory, in KiB.
func pss(pids []int) (sum int, err error) {
	for _, pid := range pids {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return 0, err
		}
		for line := range bytes.Lines(data) {
			if rest, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
				n, err := strconv.Atoi(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))))
				if err != nil {
					return 0, err
				}
				sum += n
			}
		}
	}
	return sum, nil
}
