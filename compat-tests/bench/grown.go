//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// The scenarios with n programs, repeated reps times to make up for small n.

func (g *growth) boots(n, reps int) error {
	for range reps {
		bare, err := bareBoot(n, argv...)
		if err != nil {
			return err
		}
		nothing, err := g.b.bootOnce(g.b.ours, 0)
		if err != nil {
			return err
		}
		one, err := g.b.bootOnce(g.b.ours, n, lean...)
		if err != nil {
			return err
		}
		g.add("boot", "program", n, one.less(nothing, 1), bare)
	}
	return nil
}

func (g *growth) storms(n, reps int) error {
	for range max(1, reps/3) {
		bare, err := bareBoot(n, argv...)
		if err != nil {
			return err
		}
		one, err := g.b.storm(g.b.ours, n, lean...)
		if err != nil {
			return err
		}
		g.add("all killed at once", "restart", n, one, bare)
	}
	return nil
}

func (g *growth) restarts(n, _ int) error {
	rounds := min(3000, n*atOnce)
	r, err := g.b.newRestarter(g.b.ours, n, lean...)
	if err != nil {
		return err
	}
	bare, err := selfMeasured(rounds, func() error {
		for range rounds {
			if _, err := g.b.bareFirst(r.fifo); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	one, err := r.measure(rounds, func() error {
		for range rounds {
			if _, err := r.kill1(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	g.add("one killed", "restart", n, one, bare)
	if err := r.end(); err != nil {
		return err
	}
	if bare, err = bareRestarts(rounds, g.b.child); err != nil {
		return err
	}
	if one, err = g.b.restartBurst(g.b.ours, n, 0, lean...); err != nil {
		return err
	}
	g.add("exits 0 at once", "restart", n, one, bare)
	return nil
}

func (g *growth) shutdowns(n, reps int) error {
	for range max(1, reps/3) {
		pids, _, err := bareStart(n, argv...)
		if err != nil {
			return err
		}
		time.Sleep(settled)
		bare, err := bareReapEach(pids, syscall.SIGTERM)
		if err != nil {
			return err
		}
		one, err := g.b.shutdownOnce(g.b.ours, n, lean...)
		if err != nil {
			return err
		}
		g.add("shutdown", "group", n, one, bare)
	}
	return nil
}

// running measures the calls to one running daemon.
func (g *growth) running(n, reps int) error {
	d, err := g.b.bootSleepers(g.b.ours, n, lean...)
	if err != nil {
		return err
	}
	for range max(1, reps/4) {
		pids, bareStarted, err := bareStart(n, argv...)
		if err != nil {
			return err
		}
		time.Sleep(settled)
		bareStopped, err := bareReap(pids, syscall.SIGTERM)
		if err != nil {
			return err
		}
		stopped, err := d.all("stopAllProcesses", n)
		if err != nil {
			return err
		}
		started, err := d.all("startAllProcesses", n)
		if err != nil {
			return err
		}
		g.add("stopAllProcesses", "program", n, stopped, bareStopped)
		g.add("startAllProcesses", "program", n, started, bareStarted)
		time.Sleep(settled)
	}
	last := fmt.Sprintf("p%04d", n-1)
	for _, call := range [][]string{{"getState"}, {"getProcessInfo", last}} {
		if err := g.calls(d, n, 100000, 1, "call", call[0], call[1:]...); err != nil {
			return err
		}
	}
	if err := g.calls(d, n, 40*reps, n, "program", "getAllProcessInfo"); err != nil {
		return err
	}
	if err := g.calls(d, n, reps, n, "program", "reloadConfig"); err != nil {
		return err
	}
	return errors.Join(g.status(d, n, 2*reps), d.stop())
}

// calls measures a number of calls, each of which is about a number of items.
func (g *growth) calls(d *daemon, n, calls, items int, item, method string, params ...string) error {
	c, err := d.dial()
	if err != nil {
		return err
	}
	defer c.close()
	req := request(method, params...)
	one, err := d.measure(calls*items, func() error {
		for range calls {
			if _, err := c.call(req); err != nil {
				return err
			}
		}
		return nil
	})
	g.add(method, item, n, one, sample{})
	return err
}

// status measures the processor time of supervisorctl, beyond what it needs with no
// program.
func (g *growth) status(d *daemon, n, times int) error {
	empty, err := g.b.bootSleepers(g.b.ours, 1)
	if err != nil {
		return err
	}
	times = min(times, 60)
	var all, nothing sample
	for range times {
		for _, m := range []struct {
			d   *daemon
			sum *sample
		}{{d, &all}, {empty, &nothing}} {
			start := now()
			used, err := m.d.status(g.b.ours)
			if err != nil {
				return err
			}
			m.sum.add(sample{Wall: now() - start, CPU: used, Items: n})
		}
	}
	g.add("supervisorctl status", "program", n, all.less(nothing, 1), sample{})
	return empty.stop()
}

// captures measures the floods and the events, with n programs beside them.
func (g *growth) captures(n, _ int) error {
	const size = 256 << 20
	for _, fl := range []flood{
		{"blocks", pageSize, 1, 4 * size / blockSize * blockSize, 0},
		{"lines", lineSize, 1, size / lineSize * lineSize, 0},
	} {
		bare, err := g.b.cats(fl)
		if err != nil {
			return err
		}
		one, err := g.b.flood(g.b.ours, fl, n, lean...)
		if err != nil {
			return err
		}
		one.Items, bare.Items = one.Items>>20, bare.Items>>20
		g.add("log capture, "+fl.part, "MiB", n, one, bare)
	}
	one, err := g.b.eventFlood(g.b.ours, 10000, n, lean...)
	g.add("remote events", "event", n, one, sample{})
	return err
}
