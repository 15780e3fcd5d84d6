package judge

import "time"

// Info is what the daemon says about a process.
type Info struct {
	Name  string // group:name
	State string
	Pid   int
}

// There is a process that the system shows.
type There struct {
	Pid     int
	Process string
}

// Infos checks one answer of the daemon.
func Infos(infos []Info) []string {
	var wrong list
	owner := map[int]string{}
	for _, i := range infos {
		if _, ok := legal[i.State]; !ok {
			wrong.add("%s is in a state that does not exist, %s", i.Name, i.State)
		}
		if i.Pid == 0 {
			if i.State == "RUNNING" {
				wrong.add("%s is RUNNING without a pid", i.Name)
			}
			continue
		}
		if other := owner[i.Pid]; other != "" {
			wrong.add("%s and %s both have pid %d", other, i.Name, i.Pid)
		}
		owner[i.Pid] = i.Name
		switch i.State {
		case "STOPPED", "EXITED", "FATAL", "BACKOFF":
			wrong.add("%s is %s and has pid %d", i.Name, i.State, i.Pid)
		}
	}
	return wrong
}

// Census holds what the daemon says before and after a look at the system's processes
// against that. Only what has not changed counts.
func Census(before, after []Info, there []There) []string {
	var wrong list
	was, running := map[string]Info{}, map[int]bool{}
	for _, t := range there {
		running[t.Pid] = true
	}
	known := map[int]bool{}
	for _, i := range before {
		was[i.Name] = i
		known[i.Pid] = true
	}
	settled := map[string]bool{}
	for _, i := range after {
		known[i.Pid] = true
		if was[i.Name] != i {
			continue
		}
		settled[i.Name] = true
		if i.Pid != 0 && !running[i.Pid] {
			wrong.add("%s is said to be %s with pid %d, which is not there", i.Name, i.State, i.Pid)
		}
	}
	for _, t := range there {
		if !known[t.Pid] && settled[t.Process] {
			wrong.add("pid %d is a child of %s, and the daemon does not know it", t.Pid, t.Process)
		}
		if _, ok := was[t.Process]; !ok && !known[t.Pid] {
			wrong.add("pid %d is a child of %s, which is no process", t.Pid, t.Process)
		}
	}
	return wrong
}

// Sample is what our processes need while nothing runs.
type Sample struct {
	Descriptors, Threads int
	Memory               int // KiB
}

// Flat checks that the last samples are as the first ones: nothing is kept.
func Flat(samples []Sample) []string {
	var wrong list
	if len(samples) < 2 {
		return nil
	}
	first, last := samples[0], samples[len(samples)-1]
	if last.Descriptors > first.Descriptors {
		wrong.add("descriptors, while nothing runs: %d at first, %d at last: %v", first.Descriptors, last.Descriptors, samples)
	}
	if last.Threads > first.Threads+8 {
		wrong.add("threads, while nothing runs: %d at first, %d at last: %v", first.Threads, last.Threads, samples)
	}
	// A heap grows to its limit before it is swept: the second half is held against the first.
	half := 0
	for _, s := range samples[:(len(samples)+1)/2] {
		half = max(half, s.Memory)
	}
	if last.Memory > half+half/4+16<<10 {
		wrong.add("memory, while nothing runs: at most %d KiB in the first half, %d KiB at last: %v", half, last.Memory, samples)
	}
	return wrong
}

// Window is a time in which calls may fail.
type Window struct{ From, To time.Time }

// Failure is a call that failed.
type Failure struct {
	From, To time.Time
	Call     string
	Err      string
}

// Refused returns the failures of calls that were not in one of the windows.
func Refused(failures []Failure, windows []Window) []string {
	var wrong list
next:
	for _, f := range failures {
		for _, w := range windows {
			if f.From.Before(w.To) && f.To.After(w.From) {
				continue next
			}
		}
		wrong.add("%s failed at %s: %s", f.Call, f.From.Format("15:04:05.000"), f.Err)
	}
	return wrong
}
