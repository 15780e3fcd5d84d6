package judge

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
