package compat

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A randomConfig is a configuration whose programs behave in a known way. The names of
// the programs show which; they begin with
//
//	live   an actor that runs until its stop signal, or until an order ends it
//	fcgi   the same, as an fcgi-program
//	stub   ignores its stop signal, and is killed a second later
//	brief  ends by itself after 0.3 seconds
//	bad    cannot be started
//	hold   stays in STARTING
//	slow   stays in STOPPING until it gets the order to exit
//	flap   cannot be started and is tried again and again
//	ear    an event listener
//
// so that "look" knows which state each settles in. No outcome may depend on a race
// (facts 310-316, advice on differential tests).
type randomConfig struct {
	globals []string
	units   []unit
	groups  []string // lines [group:…] with their options, joined by newlines
}

// unit is a section [program:…] or [eventlistener:…].
type unit struct {
	name  string
	lines []string
	procs []string // the names of its processes, once they are known
}

// randomWorld bounds what a scenario may do.
type randomWorld struct {
	*rand.Rand
	// blocks: there are hold and slow programs, so a call that waits for all processes
	// never returns.
	blocks bool
	pools  int
}

func (r randomWorld) chance(percent int) bool { return r.IntN(100) < percent }
func oneOf[T any](r randomWorld, all ...T) T  { return all[r.IntN(len(all))] }
func (r randomWorld) some(lines *[]string, percent int, format string, args ...any) {
	if r.chance(percent) {
		*lines = append(*lines, fmt.Sprintf(format, args...))
	}
}

func (r randomWorld) config() *randomConfig {
	c := &randomConfig{}
	r.some(&c.globals, 25, "loglevel=debug")
	r.some(&c.globals, 30, "environment=SITE=\"here\",EMPTY=\"\",QUOTED='a, b'")
	r.some(&c.globals, 20, "identifier=other.name")
	r.some(&c.globals, 10, "strip_ansi=true")
	r.some(&c.globals, 10, "umask=027")
	for range 2 + r.IntN(4) {
		c.units = append(c.units, r.unit(c))
	}
	for range r.pools {
		c.units = append(c.units, r.listener(c))
	}
	r.regroup(c)
	return c
}

func (r randomWorld) unit(c *randomConfig) unit {
	kinds := []string{"live", "live", "live", "live", "fcgi", "stub", "brief", "bad"}
	if r.blocks {
		kinds = append(kinds, "hold", "slow", "slow", "flap")
	}
	return r.unitOf(oneOf(r, kinds...), c)
}

// freshName makes a name that no unit of the config has.
func (r randomWorld) freshName(kind string, c *randomConfig) string {
	for {
		name := kind + oneOf(r, "", "1", "2", "-x", ".y", "_Z", "9")
		if !slices.ContainsFunc(c.units, func(u unit) bool { return u.name == name }) {
			return name
		}
	}
}

func (r randomWorld) unitOf(kind string, c *randomConfig) unit {
	u := unit{name: r.freshName(kind, c)}
	signal := oneOf(r, "TERM", "TERM", "TERM", "INT", "QUIT", "HUP", "USR1", "USR2")
	actor := "{{.Child}} actor"
	restart := oneOf(r, "true", "false", "unexpected", "")
	startsecs, startretries := oneOf(r, 0, 0, 0, 1, 2), r.IntN(3)
	stopwaitsecs := 30
	switch kind {
	case "live", "fcgi":
		actor += fmt.Sprintf(" end=%s status=%d", signal, oneOf(r, 0, 0, 1, 2, 9))
	case "stub":
		actor, stopwaitsecs = actor+" on=hold", 1
	case "brief":
		actor += fmt.Sprintf(" life=300ms status=%d", oneOf(r, 0, 0, 1, 2))
		// 60 is more than any delay: docs/compat.md, quick-death.
		if startsecs = oneOf(r, 0, 60); startsecs == 0 {
			restart = "false"
		}
		startretries = r.IntN(2)
	case "bad":
		actor = oneOf(r, "/nowhere/prog --flag", "{{.Dir}}", "{{.Dir}}/plain.txt", "nonesuch", `/bin/echo "open`)
		// Not 0: FATAL would depend on when the oracle's loop turns next, and the next
		// steps of an update may come before that (no-idle-delays).
		startsecs, startretries = 2, 1+r.IntN(2)
	case "hold":
		actor, startsecs = actor+" end="+signal, 600
	case "slow":
		actor, stopwaitsecs = actor+" on=hold", 600
	case "flap":
		actor, startretries = "/nowhere/flap", 100000
	}
	u.lines = append(u.lines, "command="+actor)
	if kind == "fcgi" {
		u.lines = append(u.lines, "socket="+oneOf(r, "unix://{{.Dir}}/"+u.name+".sock", "unix://%(here)s/%(program_name)s.sock"))
	}
	if signal != "TERM" || r.chance(20) {
		u.lines = append(u.lines, "stopsignal="+oneOf(r, signal, "SIG"+signal, strings.ToLower(signal)))
	}
	if kind != "live" || startsecs != 1 {
		u.lines = append(u.lines, fmt.Sprintf("startsecs=%d", startsecs))
	}
	u.lines = append(u.lines, fmt.Sprintf("startretries=%d", startretries), fmt.Sprintf("stopwaitsecs=%d", stopwaitsecs))
	if restart != "" {
		u.lines = append(u.lines, "autorestart="+restart)
	}
	r.processes(&u, c)
	r.outputs(&u)
	r.surroundings(&u)
	return u
}

// processes decides on the number and the names of a unit's processes.
func (r randomWorld) processes(u *unit, c *randomConfig) {
	r.some(&u.lines, 30, "autostart=false")
	r.some(&u.lines, 40, "priority=%d", oneOf(r, 1, 2, 3, 500, 1000, -5))
	r.some(&u.lines, 30, "exitcodes=%s", oneOf(r, "0", "0,2", "", "3", "1, 2"))
	u.procs = []string{u.name}
	if !r.chance(30) {
		return
	}
	n, first := 1+r.IntN(3), oneOf(r, 0, 0, 1, 8)
	format := oneOf(r, "%s_%02d", "%s-%d", "%s.%d")
	u.lines = append(u.lines, fmt.Sprintf("numprocs=%d", n), fmt.Sprintf("numprocs_start=%d", first),
		"process_name="+strings.NewReplacer("%s", "%(program_name)s", "%02d", "%(process_num)02d", "%d", "%(process_num)d").Replace(format))
	u.procs = nil
	for i := range n {
		u.procs = append(u.procs, fmt.Sprintf(format, u.name, first+i))
	}
}

func (r randomWorld) outputs(u *unit) {
	num := ""
	if len(u.procs) > 1 || u.procs[0] != u.name {
		num = "-%(process_num)d"
	}
	for _, channel := range []string{"stdout", "stderr"} {
		switch r.IntN(4) {
		case 0:
			u.lines = append(u.lines, channel+"_logfile=NONE")
		case 1:
			u.lines = append(u.lines, fmt.Sprintf("%s_logfile={{.Dir}}/logs/%%(group_name)s-%%(program_name)s%s.%s", channel, num, channel))
			r.some(&u.lines, 60, "%s_logfile_maxbytes=%s", channel, oneOf(r, "0", "90", "1KB", "300"))
			r.some(&u.lines, 50, "%s_logfile_backups=%d", channel, r.IntN(3))
		}
		r.some(&u.lines, 20, "%s_events_enabled=true", channel)
		r.some(&u.lines, 15, "%s_capture_maxbytes=%s", channel, oneOf(r, "100", "1MB"))
	}
	r.some(&u.lines, 20, "redirect_stderr=true")
}

func (r randomWorld) surroundings(u *unit) {
	r.some(&u.lines, 20, "environment=%s", oneOf(r,
		`SITE="there"`, `SITE="%(ENV_HOME)s"`, `A=1,B='two words',C="%(program_name)s/%(process_num)d"`, `A="%(host_node_name)s" , SITE=%(group_name)s`, `TERM=""`, `PATH="/x:%(ENV_PATH)s"`))
	r.some(&u.lines, 15, "directory=%s", oneOf(r, "/", "{{.Dir}}", "%(here)s/logs"))
	r.some(&u.lines, 15, "umask=%s", oneOf(r, "077", "0o27", "2"))
	r.some(&u.lines, 15, "serverurl=%s", oneOf(r, "AUTO", "http://localhost:1", "unix:///x"))
	switch r.IntN(6) {
	case 0:
		u.lines = append(u.lines, "stopasgroup=true")
	case 1:
		u.lines = append(u.lines, "killasgroup=true")
	case 2:
		u.lines = append(u.lines, "stopasgroup=true", "killasgroup=true")
	}
}

// text returns the text of the file.
func (c *randomConfig) text() string {
	var w strings.Builder
	w.WriteString("{{.Base}}\n")
	for _, line := range c.globals {
		w.WriteString(line + "\n")
	}
	for _, u := range c.units {
		kind := "program"
		switch {
		case strings.HasPrefix(u.name, "ear"):
			kind = "eventlistener"
		case strings.HasPrefix(u.name, "fcgi"):
			kind = "fcgi-program"
		}
		fmt.Fprintf(&w, "[%s:%s]\n", kind, u.name)
		for _, line := range u.lines {
			w.WriteString(line + "\n")
		}
	}
	for _, g := range c.groups {
		w.WriteString(g + "\n")
	}
	return w.String()
}

// targets returns the names group:process of what the config defines.
func (c *randomConfig) targets() (all []string) {
	for _, u := range c.units {
		var groups []string
		for _, g := range c.groups {
			head, rest, _ := strings.Cut(g, "]\nprograms=")
			names, _, _ := strings.Cut(rest, "\n")
			if slices.Contains(strings.Split(names, ","), u.name) {
				groups = append(groups, strings.TrimPrefix(head, "[group:"))
			}
		}
		if groups == nil {
			groups = []string{u.name}
		}
		for _, g := range groups {
			for _, p := range u.procs {
				all = append(all, g+":"+p)
			}
		}
	}
	return all
}
