package compat

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// A scenario is what one seed makes: configurations, the first of which the daemon starts
// with, and acts. After each act both daemons come to rest.
type scenario struct {
	seed  uint64
	confs []*randomConfig
	acts  []string // each the lines of one or more steps
}

func newScenario(seed uint64) *scenario {
	r := randomWorld{Rand: rand.New(rand.NewPCG(seed, 310))}
	r.blocks, r.pools = r.chance(35), oneOf(r, 0, 1, 1, 1, 2, 3)
	s := &scenario{seed: seed, confs: []*randomConfig{r.config()}}
	for range r.IntN(4) {
		s.confs = append(s.confs, r.altered(s.confs[r.IntN(len(s.confs))]))
	}
	cast := r.castOf(s.confs)
	for range 8 + r.IntN(16) {
		s.acts = append(s.acts, cast.act())
	}
	if !r.blocks {
		s.acts = append(s.acts, oneOf(r, "stop", "ctl shutdown\nwait exit", "rpc supervisor.shutdown\nwait exit", "signal QUIT\nwait exit"))
	}
	return s
}

// cast is what acts can be about.
type cast struct {
	randomWorld
	targets []string // every group:process of any configuration
	groups  []string
	confs   int
	strips  bool // escape sequences are removed from the logs
}

func (r randomWorld) castOf(confs []*randomConfig) cast {
	c := cast{randomWorld: r, confs: len(confs), strips: slices.Contains(confs[0].globals, "strip_ansi=true")}
	for _, conf := range confs {
		c.targets = append(c.targets, conf.targets()...)
	}
	slices.Sort(c.targets)
	c.targets = slices.Compact(c.targets)
	for _, t := range c.targets {
		group, _, _ := strings.Cut(t, ":")
		c.groups = append(c.groups, group)
	}
	c.groups = slices.Compact(c.groups)
	return c
}

func kindOf(target string) string {
	_, name, _ := strings.Cut(target, ":")
	for _, kind := range []string{"live", "fcgi", "stub", "brief", "bad", "hold", "slow", "flap", "ear"} {
		if strings.HasPrefix(name, kind) {
			return kind
		}
	}
	return ""
}

// waitable is false for a process or group for which a call that waits may never return.
func (c cast) waitable(name string) bool {
	group, proc, _ := strings.Cut(name, ":")
	return !slices.ContainsFunc(c.targets, func(t string) bool {
		g, p, _ := strings.Cut(t, ":")
		kind := kindOf(t)
		return (kind == "hold" || kind == "slow") && (g == group && (proc == p || proc == "" || proc == "*") || name == "all")
	})
}

// all reports whether a call that waits may be about all processes. Listeners must not
// end together with processes whose events they get: the event that a listener is busy
// with is then sent again, in every pool (docs/compat.md, rejected-event, last-events).
func (c cast) all() bool { return c.pools == 0 && c.waitable("all") }

// alone is true for a listener, which for the same reason is stopped or signalled
// together with nothing else.
func alone(name string) bool { return strings.HasPrefix(name, "ear") }

// short returns the name as supervisorctl shows it, sometimes the full one.
func (c cast) short(target string) string {
	if group, name, _ := strings.Cut(target, ":"); group == name && c.chance(80) {
		return name
	}
	return target
}

var wrongNames = []string{"nope", "nope:*", "live:nope", "nope:live", "a:b:c", ":", "nope:"}

// name returns the name of a process, now and then of a group, or a wrong one.
func (c cast) name() string {
	switch n := c.IntN(100); {
	case n < 78:
		return c.short(oneOf(c.randomWorld, c.targets...))
	case n < 92:
		return oneOf(c.randomWorld, c.groups...) + oneOf(c.randomWorld, ":*", ":*", ":", "")
	}
	return oneOf(c.randomWorld, wrongNames...)
}

// waitableName returns a name for calls that wait.
func (c cast) waitableName() string {
	for range 20 {
		if n := c.name(); c.waitable(n) && (strings.Contains(n, ":") || c.waitable(n+":"+n)) {
			return n
		}
	}
	return "nope"
}

// actor returns a process that takes orders.
func (c cast) actor() string {
	for range 30 {
		if t := oneOf(c.randomWorld, c.targets...); kindOf(t) != "ear" && kindOf(t) != "bad" && kindOf(t) != "flap" {
			return t
		}
	}
	return c.targets[0]
}

// ends matches acts in which listeners are stopped together with everything else.
var ends = regexp.MustCompile(`^(reborn|stop$|ctl shutdown|rpc supervisor.shutdown|signal QUIT)`)

// text returns the scenario as a script. Each act is a fact of its own, which shows where
// the first difference is.
func (s *scenario) text() []byte {
	var w strings.Builder
	fmt.Fprintf(&w, "Made by the seed %d.\n\n!awake\n", s.seed)
	for i, c := range s.confs {
		if i == 0 {
			fmt.Fprintf(&w, "-- supervisord.conf --\n%s", c.text())
		}
		if name := fmt.Sprintf("%d.conf", i); strings.Contains(strings.Join(s.acts, "\n"), "cp "+name) {
			fmt.Fprintf(&w, "-- %s --\n%s", name, c.text())
		}
	}
	w.WriteString("-- plain.txt --\nnot a program\n-- script --\nstart\nfact 310 start\nlook\n")
	for i, act := range s.acts {
		look := "look"
		if ends.MatchString(act) {
			look = "look end"
		}
		fmt.Fprintf(&w, "fact 310 act %d\n%s\n%s\n", i+1, act, look)
	}
	return []byte(w.String())
}
