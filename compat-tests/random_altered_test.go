package compat

import (
	"fmt"
	"slices"
	"strings"
)

var subscriptions = []string{
	"EVENT", "PROCESS_STATE", "PROCESS_STATE_EXITED,PROCESS_STATE_FATAL", "PROCESS_STATE,PROCESS_GROUP", "PROCESS_COMMUNICATION,PROCESS_LOG",
	"REMOTE_COMMUNICATION,SUPERVISOR_STATE_CHANGE", "PROCESS_STATE,PROCESS_STATE_RUNNING", "process_state_stopped, PROCESS_LOG_STDERR", "PROCESS_GROUP_REMOVED,PROCESS_STATE_STARTING,PROCESS_STATE_BACKOFF",
}

func (r randomWorld) listener(c *randomConfig) unit {
	u := unit{name: r.freshName("ear", c)}
	u.procs = []string{u.name}
	events, answers := oneOf(r, subscriptions...), ""
	// Otherwise the event goes to every pool: docs/compat.md, rejected-event. Ticks
	// depend on the clock.
	if r.pools == 1 && events != "EVENT" {
		answers = oneOf(r, "", "", " FAIL", " OK FAIL FAIL")
	}
	u.lines = append(u.lines,
		"command={{.Child}} ear {{.Dir}}/"+u.name+".heard"+answers,
		"events="+events, "buffer_size=1000", "stdout_logfile=NONE", fmt.Sprintf("startsecs=%d", r.IntN(2)))
	r.some(&u.lines, 20, "autostart=false")
	r.some(&u.lines, 20, "priority=%d", oneOf(r, 1, 2000, -5))
	r.some(&u.lines, 20, "autorestart=%s", oneOf(r, "true", "false"))
	return u
}

// regroup puts some of the programs into groups.
func (r randomWorld) regroup(c *randomConfig) {
	c.groups = nil
	if !r.chance(40) {
		return
	}
	var members []string
	for _, u := range c.units {
		// docs/compat.md, fcgi-in-group
		if !strings.HasPrefix(u.name, "ear") && !strings.HasPrefix(u.name, "fcgi") && r.chance(50) {
			members = append(members, u.name)
		}
	}
	if len(members) > 0 {
		text := "[group:" + oneOf(r, "both", "g", "all.of-them") + "]\nprograms=" + strings.Join(members, ",")
		if r.chance(50) {
			text += fmt.Sprintf("\npriority=%d", oneOf(r, 1, 5, 999, 1001))
		}
		c.groups = append(c.groups, text)
	}
}

// altered returns a changed copy of a config. Listeners stay as they are: how many events
// of the rest of an update a replaced one still gets depends on how fast it is.
func (r randomWorld) altered(c *randomConfig) *randomConfig {
	n := &randomConfig{globals: slices.Clone(c.globals), units: slices.Clone(c.units), groups: slices.Clone(c.groups)}
	for range 1 + r.IntN(3) {
		i := r.IntN(len(n.units))
		kind := strings.TrimRight(strings.TrimRight(n.units[i].name, "0123456789"), "-xy._Z")
		switch r.IntN(6) {
		case 0:
			n.units = append(n.units, r.unit(n))
		case 1:
			if len(n.units) > 1 && kind != "ear" {
				n.remove(n.units[i].name)
			}
		case 2, 3: // other content under the same name
			if kind == "ear" {
				continue
			}
			name := n.units[i].name
			u := r.unitOf(kind, &randomConfig{})
			u = u.renamed(name)
			n.units[i] = u
		case 4:
			if kind == "ear" {
				continue
			}
			r.some(&n.units[i].lines, 100, "priority=%d", oneOf(r, 4, 6, 998))
		case 5:
			r.regroup(n)
		}
	}
	return n
}

func (u unit) renamed(name string) unit {
	for i, p := range u.procs {
		u.procs[i] = name + strings.TrimPrefix(p, u.name)
	}
	u.name = name
	return u
}

// remove removes a program from the config and its groups.
func (c *randomConfig) remove(name string) {
	c.units = slices.DeleteFunc(c.units, func(u unit) bool { return u.name == name })
	var groups []string
	for _, g := range c.groups {
		head, rest, _ := strings.Cut(g, "\nprograms=")
		names, tail, more := strings.Cut(rest, "\n")
		members := slices.DeleteFunc(strings.Split(names, ","), func(m string) bool { return m == name })
		if len(members) == 0 {
			continue
		}
		g = head + "\nprograms=" + strings.Join(members, ",")
		if more {
			g += "\n" + tail
		}
		groups = append(groups, g)
	}
	c.groups = groups
}
