package longrun

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// proc is a process, as the system shows it.
type proc struct {
	pid, parent int
	state       byte
	started     time.Time
	args        []string
}

// booted is when the machine was; process times count from there.
var booted = func() time.Time {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &t)
	return time.Now().Add(-time.Duration(t.Nano()))
}()

func look(pid int) (p proc, ok bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return p, false
	}
	_, rest, _ := bytes.Cut(text, []byte(") ")) // our names have no parentheses
	f := strings.Fields(string(rest))
	if len(f) < 20 {
		return p, false
	}
	p.pid, p.state = pid, f[0][0]
	p.parent, _ = strconv.Atoi(f[1])
	ticks, _ := strconv.ParseInt(f[19], 10, 64)
	p.started = booted.Add(time.Duration(ticks) * time.Second / 100)
	return p, true
}

func (p *proc) readArgs() {
	text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid), "cmdline"))
	p.args = strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}

// below returns all processes that descend from pid, which must be a subreaper for that.
func below(pid int) (all []proc) {
	entries, _ := os.ReadDir("/proc")
	children := map[int][]proc{}
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			if p, ok := look(n); ok {
				children[p.parent] = append(children[p.parent], p)
			}
		}
	}
	for next := []int{pid}; len(next) > 0; next = next[1:] {
		for _, p := range children[next[0]] {
			all = append(all, p)
			next = append(next, p.pid)
		}
	}
	return all
}

// becomeSubreaper makes every orphan of a run ours, so that it is found at the end.
func becomeSubreaper() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// killBelow kills and reaps all that descends from this process.
func killBelow() {
	for range 100 {
		all := below(os.Getpid())
		for _, p := range all {
			if p.state != 'Z' {
				_ = syscall.Kill(p.pid, syscall.SIGKILL)
			}
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != nil || pid <= 0 {
				break
			}
		}
		if len(all) == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// memory is how much of it a process has, in KiB.
func memory(pid int) int {
	text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.Fields(v)[0])
			return n
		}
	}
	return 0
}

// entries is how many there are in a directory of /proc.
func entries(pid int, dir string) int {
	all, _ := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), dir))
	return len(all)
}

var digits = regexp.MustCompile(`\d+`)

// open counts what a process has open, by what it is.
func open(pid int, count map[string]int) map[string]int {
	if count == nil {
		count = map[string]int{}
	}
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	all, _ := os.ReadDir(dir)
	for _, e := range all {
		if what, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			count[digits.ReplaceAllString(what, "N")]++
		}
	}
	return count
}
