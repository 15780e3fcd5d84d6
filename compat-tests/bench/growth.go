//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// lean are the settings of a program with the fewest descriptors: thousands of them fit
// under the usual hard limit. All sizes have them; otherwise the largest would be the
// cheapest.
var lean = []string{"redirect_stderr=true", "stdout_logfile=NONE"}

// growthItems is the number of items that each size is measured with, so that the
// kernel's tick, which separates user from system time, hits each size equally often.
const growthItems = 8000

// tellable is the least user time (25 ticks) that is compared by itself. A scenario that
// needs less is judged by its total time, which is known exactly.
const tellable = 100 * time.Millisecond

// grown is the cost of a scenario at each size, without what it costs with no program at
// all (the start of a process).
type grown struct {
	name, item string
	at         map[int]*sums
}

type sums struct{ ours, bare sample }

func (s *sample) add(o sample) {
	s.Wall += o.Wall
	s.CPU = usage{s.CPU.User + o.CPU.User, s.CPU.Sys + o.CPU.Sys, s.CPU.Total + o.CPU.Total}
	s.Items += o.Items
}

// less returns s without the cost of as many measurements of nothing.
func (s sample) less(nothing sample, times int) sample {
	t := time.Duration(times)
	s.Wall -= nothing.Wall * t
	s.CPU = s.CPU.sub(usage{nothing.CPU.User * t, nothing.CPU.Sys * t, nothing.CPU.Total * t})
	return s
}

func (s sample) each(d time.Duration) float64 {
	return float64(d) / float64(time.Microsecond) / float64(max(s.Items, 1))
}

// growth is every scenario again at several sizes.
type growth struct {
	b      *bench
	sizes  []int
	order  []*grown
	byName map[string]*grown
}

func (g *growth) add(name, item string, n int, ours, bare sample) {
	w := g.byName[name]
	if w == nil {
		w = &grown{name, item, map[int]*sums{}}
		g.byName[name] = w
		g.order = append(g.order, w)
	}
	if w.at[n] == nil {
		w.at[n] = &sums{}
	}
	w.at[n].ours.add(ours)
	w.at[n].bare.add(bare)
}

func grow(b *bench) ([]*Row, error) {
	g := &growth{b: b, sizes: b.sizes, byName: map[string]*grown{}}
	var hard syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &hard); err != nil {
		return nil, err
	}
	largest := g.sizes[len(g.sizes)-1]
	limited := ""
	if most := int(hard.Max)/2 - 100; largest > most { // two descriptors for each program
		limited = fmt.Sprintf("%d instead of %d: the hard limit of descriptors is %d", most, largest, hard.Max)
		g.sizes[len(g.sizes)-1] = most
	}
	for _, n := range g.sizes {
		reps := max(1, growthItems/n)
		for _, m := range []struct {
			name    string
			measure func(n, reps int) error
		}{
			{"boot", g.boots},
			{"storm", g.storms},
			{"restart", g.restarts},
			{"shutdown", g.shutdowns},
			{"calls", g.running},
			{"captures", g.captures},
		} {
			start := now()
			if err := m.measure(n, reps); err != nil {
				return nil, fmt.Errorf("%s with %d programs: %w", m.name, n, err)
			}
			fmt.Fprintf(os.Stderr, "growth, %s with %d programs: %.1f s\n", m.name, n, (now() - start).Seconds())
		}
	}
	var rows []*Row
	for _, w := range g.order {
		rows = append(rows, w.row(g.sizes))
	}
	idle, err := g.idle()
	rows = append(rows, idle...)
	if limited != "" {
		rows[0].Note = limited + "; " + rows[0].Note
	}
	return rows, err
}

func (w *grown) row(sizes []int) *Row {
	first, last := w.at[sizes[0]], w.at[sizes[len(sizes)-1]]
	list := func(f func(s *sums) float64) string {
		var texts []string
		for _, n := range sizes {
			texts = append(texts, number(f(w.at[n])))
		}
		return strings.Join(texts, "/")
	}
	note := fmt.Sprintf("in µs: user %s, kernel %s, wall %s",
		list(func(s *sums) float64 { return s.ours.each(s.ours.CPU.User) }),
		list(func(s *sums) float64 { return s.ours.each(s.ours.CPU.Sys) }),
		list(func(s *sums) float64 { return s.ours.each(s.ours.Wall) }))
	if first.bare.Items > 0 {
		note += fmt.Sprintf("; bare: kernel %s, wall %s",
			list(func(s *sums) float64 { return s.bare.each(s.bare.CPU.Sys) }),
			list(func(s *sums) float64 { return s.bare.each(s.bare.Wall) }))
	}
	kind, cost := "user CPU", func(s sample) time.Duration { return s.CPU.User }
	if min(first.ours.CPU.User, last.ours.CPU.User) < tellable {
		kind, cost = "CPU", func(s sample) time.Duration { return s.CPU.Total }
	}
	return &Row{
		Scenario: fmt.Sprintf("growth from %d to %d programs", sizes[0], sizes[len(sizes)-1]),
		Figure:   fmt.Sprintf("%s, %s of each %s", w.name, kind, w.item),
		Ours:     last.ours.each(cost(last.ours)) / first.ours.each(cost(first.ours)),
		bound:    atMost(1.2, ""), Note: note,
	}
}

// idle keeps daemons of all sizes idle, all at the same time, and measures them.
func (g *growth) idle() (rows []*Row, err error) {
	all, err := g.b.idlers(g.b.ours, g.sizes, append([]string{"startsecs=0"}, lean...)...)
	if err != nil {
		return nil, err
	}
	const window = 10 * time.Second
	time.Sleep(20 * time.Second) // by then the garbage of the boot is collected
	for _, d := range all {
		if err := d.look(); err != nil {
			return nil, err
		}
	}
	time.Sleep(window)
	for _, d := range all {
		wakes, cpu, err := d.since(window)
		if err != nil {
			return nil, err
		}
		m, err := d.memory()
		if err != nil {
			return nil, err
		}
		rows = append(rows, &Row{
			Scenario: "growth, idle", Figure: fmt.Sprintf("wake-ups with %d programs", d.programs), Unit: perSecond, Ours: wakes,
			bound: atMost(wakesOfRuntime(window), ""), Timeless: true,
			Note: fmt.Sprintf("CPU %s ms/s, PSS %s MiB, %.0f threads", number(cpu), number(m[0].Ours), m[1].Ours),
		})
		if err := d.stop(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
