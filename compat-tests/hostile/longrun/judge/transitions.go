package judge

import (
	"strings"
)

// legal are the transitions that there are: those that docs/states.md draws, and a stop
// while a restart is waited for (backoff_delay), which the program drawn there has not.
var legal = map[string]string{
	"BACKOFF":  "FATAL STARTING STOPPED",
	"EXITED":   "STARTING STOPPED",
	"FATAL":    "STARTING",
	"RUNNING":  "EXITED STOPPING UNKNOWN",
	"STARTING": "BACKOFF RUNNING STOPPING UNKNOWN",
	"STOPPED":  "STARTING",
	"STOPPING": "BACKOFF STOPPED UNKNOWN",
	"UNKNOWN":  "",
}

// Transitions checks the events of states: each transition is legal, and begins where the
// last one has ended. A new session and a group that is added begin with STOPPED.
func Transitions(heard []Heard) []string {
	var wrong list
	state, pid := map[string]string{}, map[string]string{}
	var last Heard
	for _, h := range heard {
		before := last
		if !h.Begin {
			last = h
		}
		switch {
		case h.Begin, h.Serial == before.Serial: // again, after a kill of the daemon
			continue
		case h.Pool < before.Pool: // a new session
			clear(state)
			clear(pid)
		}
		switch {
		case h.Name == "PROCESS_GROUP_REMOVED" || h.Name == "PROCESS_GROUP_ADDED":
			group := strings.TrimSpace(strings.TrimPrefix(h.Payload, "groupname:"))
			for name := range state {
				if strings.HasPrefix(name, group+":") {
					delete(state, name)
					delete(pid, name)
				}
			}
			continue
		case !strings.HasPrefix(h.Name, "PROCESS_STATE_"):
			continue
		}
		to := strings.TrimPrefix(h.Name, "PROCESS_STATE_")
		f := pairs(h.Payload)
		name, from := f["groupname"]+":"+f["processname"], f["from_state"]
		if was, known := state[name]; known && from != was {
			wrong.add("%s: it was %s, then serial %d says from %s to %s", name, was, h.Serial, from, to)
		}
		if !strings.Contains(" "+legal[from]+" ", " "+to+" ") {
			wrong.add("%s: a transition from %s to %s (serial %d)", name, from, to, h.Serial)
		}
		if p := f["pid"]; p != "" && p != "0" { // 0: a start under way, or none
			if was := pid[name]; was != "" && was != p && to != "RUNNING" {
				wrong.add("%s: pid %s becomes %s (serial %d), and pid %s was RUNNING", name, p, to, h.Serial, was)
			}
			pid[name] = p
		}
		if to == "STARTING" || to == "STOPPED" || to == "EXITED" {
			delete(pid, name)
		}
		state[name] = to
	}
	return wrong
}

// pairs reads "a:b c:d".
func pairs(line string) map[string]string {
	line, _, _ = strings.Cut(line, "\n")
	all := map[string]string{}
	for f := range strings.FieldsSeq(line) {
		k, v, _ := strings.Cut(f, ":")
		all[k] = v
	}
	return all
}
