//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An idler is a daemon with the default configuration: AUTO logs, three pipes for each
// program, startsecs 1.
type idler struct {
	*daemon
	programs int
	before   usage
	switched int
}

// idleTimes returns when the daemons are measured, counted from the last start, and for
// how long before that their wake-ups are counted.
func (b *bench) idleTimes() (after, window time.Duration) {
	if b.short {
		// By then the garbage of the boot is collected.
		return 20 * time.Second, 5 * time.Second
	}
	return 60 * time.Second, 15 * time.Second
}

// copied returns a side with executables of its own, so that two daemons share no page
// and each is charged for all of its own.
func (b *bench) copied(s side) (side, error) {
	data, err := os.ReadFile(s.daemon)
	if err != nil {
		return s, err
	}
	dir, err := os.MkdirTemp(b.dir, "copy")
	if err != nil {
		return s, err
	}
	s.daemon = filepath.Join(dir, "supervisord")
	return s, os.WriteFile(s.daemon, data, 0o700)
}

func (b *bench) idlers(s side, sizes []int, settings ...string) (all []*idler, err error) {
	for _, n := range sizes {
		if s == b.ours {
			if s, err = b.copied(s); err != nil {
				return all, err
			}
		}
		d, _, err := b.boot(s, sections(n, append([]string{command(argv...)}, settings...)...), n)
		if err != nil {
			return all, err
		}
		all = append(all, &idler{daemon: d, programs: n})
	}
	return all, nil
}

// idling are the daemons that are idle, all at the same time, from the start of the last
// one.
type idling struct {
	mine, theirs []*idler
	last         time.Duration
}

func (b *bench) startIdle() (err error) {
	sizes := []int{0, 100, b.programs}
	if b.short {
		sizes = []int{0, b.programs}
	}
	i := &idling{}
	if len(b.sides(0, 1)) > 1 {
		if i.theirs, err = b.idlers(b.oracle, sizes); err != nil {
			return err
		}
	}
	if i.mine, err = b.idlers(b.ours, sizes); err != nil {
		return err
	}
	i.last = now()
	b.idling = i
	return nil
}

// idle measures the scenarios of wake-ups and of memory, which use the same daemons.
func idle(b *bench) (rows []*Row, err error) {
	if b.idling == nil {
		if err := b.startIdle(); err != nil {
			return nil, err
		}
	}
	mine, theirs := b.idling.mine, b.idling.theirs
	after, window := b.idleTimes()
	time.Sleep(after - window - (now() - b.idling.last))
	for _, d := range slices.Concat(mine, theirs) {
		if err := d.look(); err != nil {
			return nil, err
		}
	}
	time.Sleep(after - (now() - b.idling.last))
	var memory []*Row
	for i, d := range mine {
		wakes, cpu, err := d.since(window)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("idle with %d running programs", d.programs)
		w := &Row{
			Scenario: name, Figure: "wake-ups", Unit: perSecond, Ours: wakes, bound: atMost(wakesOfRuntime(window), ""), Timeless: true,
			Note: fmt.Sprintf("required: none but the Go runtime's own, once a minute, in %v", window),
		}
		c := &Row{Scenario: name, Figure: "CPU", Unit: cpuMS, Ours: cpu, bound: atMost(0.05, ""), Timeless: true}
		if theirs != nil {
			if w.Oracle, c.Oracle, err = theirs[i].since(window); err != nil {
				return nil, err
			}
		}
		rows = append(rows, w, c)
		m, err := d.memory()
		if err != nil {
			return nil, err
		}
		memory = append(memory, m...)
	}
	for _, d := range mine {
		err = errors.Join(err, d.stop())
	}
	// Python's pages are shared by all of them, so only the last one left is measured.
	for i, d := range theirs {
		if i == len(theirs)-1 {
			at, err := d.memory()
			if err != nil {
				return nil, err
			}
			memory[len(memory)-2].Oracle = at[0].Ours
			memory[len(memory)-1].Oracle = at[1].Ours
		}
		err = errors.Join(err, d.stop())
	}
	return append(rows, memory...), err
}

func (d *idler) look() (err error) {
	d.before = d.used()
	d.switched, _, err = switches(family(d.pid))
	return err
}

// since returns how often the daemon woke up per second since look was called, and its
// milliseconds of processor time per second.
func (d *idler) since(window time.Duration) (wakes, cpu float64, err error) {
	switched, _, err := switches(family(d.pid))
	used := d.used().sub(d.before).Total
	return float64(switched-d.switched) / window.Seconds(), float64(used) / float64(time.Millisecond) / window.Seconds(), err
}

// wakesOfRuntime returns the rate of wake-ups that the Go runtime may cause by itself:
// its monitor wakes once a minute and goes back to sleep, and that cannot be turned off.
func wakesOfRuntime(window time.Duration) float64 { return 2 / window.Seconds() }

// memory measures all processes of the daemon.
func (d *idler) memory() ([]*Row, error) {
	pids := family(d.pid)
	kib, err := pss(pids)
	if err != nil {
		return nil, err
	}
	var threads int
	var each []string
	for _, pid := range pids {
		_, n, err := switches([]int{pid})
		if err != nil {
			return nil, err
		}
		threads += n
		each = append(each, strconv.Itoa(n))
	}
	name := fmt.Sprintf("memory with %d running programs", d.programs)
	m := &Row{Scenario: name, Figure: "PSS", Unit: mib, Ours: float64(kib) / 1024, Timeless: true, Note: fmt.Sprintf("processes: %d", len(pids))}
	switch d.programs {
	case 0:
		m.bound = atMost(12, "")
	case 1000:
		m.bound = atMost(24, "") // 3 MiB of it are the starter's
	}
	return []*Row{m, {Scenario: name, Figure: "threads", Ours: float64(threads), bound: atMost(56, ""), Timeless: true, Note: strings.Join(each, " + ")}}, nil
}
