package order

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Times are the instants of a process's first start, since boot began. Never is one that
// did not come.
type Times struct {
	Started time.Duration // the child was asked for
	Ready   time.Duration // it was RUNNING; of a oneshot: it ended with success
	Healthy time.Duration // its first check succeeded
	Ended   time.Duration // it ended
}

// Never is the instant of what did not happen.
const Never time.Duration = -1

// at returns when the condition held for the first time.
func (t Times) at(c Condition) time.Duration {
	switch c {
	case Started:
		return t.Started
	case Healthy:
		return t.Healthy
	case Done, Exited:
		return t.Ended
	case Ready:
	}
	return t.Ready
}

// Report says what took how long at boot. It is plain data.
type Report struct {
	Took time.Duration // until the last node was there; Never if none was
	// Path is the critical path: each step began when the one before it was there, and
	// the last one was the last of all. Only making these faster makes boot faster.
	Path []Step
	// Steps are all that were there at some time, the slowest first.
	Steps   []Step
	Missing []string // what was started and never there, or never started
}

// Step is a node's part in boot.
type Step struct {
	Name string // with the condition that counted, if it is not the default
	// Waited is the time from when everything that it needs was there to its start.
	// On the critical path that is time nobody used.
	Waited  time.Duration
	Started time.Duration
	Took    time.Duration // from its start until it was there
}

// Analyze finds what took how long at boot, from the times of all processes by their
// names. A node of several processes begins with the first and is there with the last; one
// with a process that never got there is missing.
func Analyze(g Graph, times map[string]Times) Report {
	a := analysis{g: g, times: make([]Times, len(g.Nodes)), goal: g.goals()}
	for i := range g.Nodes {
		a.times[i] = g.Nodes[i].times(times)
	}
	r := Report{Took: Never}
	last := -1
	for i, n := range g.Nodes {
		at := a.times[i].at(a.goal[i])
		if at == Never {
			r.Missing = append(r.Missing, n.title())
			continue
		}
		r.Steps = append(r.Steps, a.step(i, a.goal[i]))
		if at > r.Took {
			last, r.Took = i, at
		}
	}
	slices.SortStableFunc(r.Steps, func(x, y Step) int { return cmp.Compare(y.Took, x.Took) })
	for i, c := last, Ready; i >= 0; {
		if i == last {
			c = a.goal[i]
		}
		r.Path = append(r.Path, a.step(i, c))
		i, c = a.before(i)
	}
	slices.Reverse(r.Path)
	return r
}

// analysis is a boot under study, by node.
type analysis struct {
	g     Graph
	times []Times
	goal  []Condition // when a node counts as there
}

// goals returns when each node counts as there: when it is ready, or when it is what
// others wait for, if none of them waits for that.
func (g Graph) goals() []Condition {
	goal := make([]Condition, len(g.Nodes))
	set := make([]bool, len(g.Nodes))
	for _, n := range g.Nodes {
		for _, e := range n.Needs {
			switch {
			case e.Condition == Started:
			case !set[e.To]:
				goal[e.To], set[e.To] = e.Condition, true
			case e.Condition == Ready:
				goal[e.To] = Ready
			}
		}
	}
	return goal
}

// times returns those of a node: the first start of its processes, and when the last of
// them got there.
func (n *GraphNode) times(all map[string]Times) Times {
	t := Times{Started: Never}
	for _, name := range n.Processes {
		p, known := all[name]
		if !known {
			p = Times{Never, Never, Never, Never}
		}
		if p.Started != Never && (t.Started == Never || p.Started < t.Started) {
			t.Started = p.Started
		}
		t.Ready, t.Healthy, t.Ended = later(t.Ready, p.Ready), later(t.Healthy, p.Healthy), later(t.Ended, p.Ended)
	}
	return t
}

// later returns the later of two instants; Never is the latest of all.
func later(a, b time.Duration) time.Duration {
	if a == Never || b == Never {
		return Never
	}
	return max(a, b)
}

// before returns the need of a node that held last, and so decided when it started.
func (a *analysis) before(i int) (to int, c Condition) {
	to = -1
	latest := Never
	for _, e := range a.g.Nodes[i].Needs {
		if at := a.times[e.To].at(e.Condition); at > latest {
			to, c, latest = e.To, e.Condition, at
		}
	}
	return to, c
}

func (a *analysis) step(i int, c Condition) Step {
	s := Step{Name: a.g.Nodes[i].Name + suffix(c), Started: a.times[i].Started}
	s.Took = max(a.times[i].at(c)-s.Started, 0)
	var free time.Duration
	if to, need := a.before(i); to >= 0 {
		free = max(a.times[to].at(need), 0)
	}
	s.Waited = max(s.Started-free, 0)
	return s
}

// String returns the report as a text: the critical path, then the slowest starts, at
// most as many as fit a screen.
func (r Report) String() string {
	const most = 20
	var b strings.Builder
	if r.Took == Never {
		b.WriteString("nothing is up yet\n")
	} else {
		fmt.Fprintf(&b, "up after %s\n\ncritical path\n       AT    WAITED      TOOK  NAME\n", seconds(r.Took))
		for _, s := range r.Path {
			s.write(&b)
		}
		b.WriteString("\nslowest\n       AT    WAITED      TOOK  NAME\n")
		for _, s := range r.Steps[:min(most, len(r.Steps))] {
			s.write(&b)
		}
		if more := len(r.Steps) - most; more > 0 {
			fmt.Fprintf(&b, "and %d more\n", more)
		}
	}
	if len(r.Missing) > 0 {
		b.WriteByte('\n')
		writeNames(&b, "not up: ", r.Missing)
	}
	return b.String()
}

func (s Step) write(b *strings.Builder) {
	fmt.Fprintf(b, "%9s %9s %9s  %s\n", seconds(s.Started), seconds(s.Waited), seconds(s.Took), s.Name)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3fs", d.Seconds()) }
