//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// timedCalls adds the times of n calls on one connection to f, in milliseconds.
func timedCalls(f series, name, path string, req []byte, n int) error {
	c, err := dial(path)
	if err != nil {
		return err
	}
	defer c.close()
	for range n {
		start := now()
		if _, err := c.call(req); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f.addTime(name, now()-start)
	}
	return nil
}

func allInfo(b *bench) ([]*Row, error) {
	f := series{}
	req := request("getAllProcessInfo")
	for _, s := range b.sides(0, 1) {
		d, err := b.bootSleepers(s, b.programs)
		if err != nil {
			return nil, err
		}
		if s == b.oracle {
			if err := timedCalls(f, s.name, d.socket(), req, 2); err != nil {
				return nil, err
			}
		} else {
			bare, err := d.bareServer("getAllProcessInfo")
			if err != nil {
				return nil, err
			}
			for range 6 * b.runs {
				if err := errors.Join(timedCalls(f, "limit", bare.path, req, 5), timedCalls(f, s.name, d.socket(), req, 5)); err != nil {
					return nil, err
				}
			}
			bare.stop()
		}
		if err := d.stop(); err != nil {
			return nil, err
		}
	}
	return []*Row{{
		Figure: "time of a call", Unit: ms, Ours: f.median("ours"), Oracle: f.median("oracle"), Limit: f.median("limit"),
		LimitIs: "bare handler", bound: atMost(2, "limit"),
	}}, nil
}

// restartWhilePolled measures the latency of a restart while 8 clients request all
// processes without a pause, beside a bare start while they call a bare handler, which
// takes as much of the processors.
func restartWhilePolled(b *bench) ([]*Row, error) {
	f, quiet := series{}, series{}
	r, err := b.newRestarter(b.ours, b.programs)
	if err != nil {
		return nil, err
	}
	bare, err := r.bareServer("getAllProcessInfo")
	if err != nil {
		return nil, err
	}
	if err := b.restartLatency(quiet, r, 200); err != nil {
		return nil, err
	}
	polled := func(path string, f func() error) error {
		polling, done := make(chan error, 1), make(chan struct{})
		go func() {
			for {
				select {
				case <-done:
					polling <- nil
					return
				default:
				}
				if _, _, err := load(path, request("getAllProcessInfo"), 8, true, 300*time.Millisecond); err != nil {
					polling <- err
					return
				}
			}
		}()
		err := f()
		close(done)
		return errors.Join(err, <-polling)
	}
	for range b.runs {
		err := polled(bare.path, func() error {
			for range 60 {
				took, err := b.bareFirst(r.fifo)
				if err != nil {
					return err
				}
				f.add("limit", float64(took)/float64(time.Microsecond))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		err = polled(r.socket(), func() error {
			for range 60 {
				took, err := r.kill1()
				if err != nil {
					return err
				}
				f.add("ours", float64(took)/float64(time.Microsecond))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	bare.stop()
	row := func(figure string, q, times float64) *Row {
		return &Row{
			Figure: figure, Unit: us, Ours: f.quantile("ours", q), Limit: f.quantile("limit", q),
			LimitIs: "bare start, bare handler polled", bound: atMost(times, "limit"),
			Note: fmt.Sprintf("nobody polls: %.0f, bare %.0f", quiet.quantile("ours", q), quiet.quantile("limit", q)),
		}
	}
	return []*Row{row("p50", 0.5, 2), row("p99", 0.99, 3)}, r.end()
}

func reread(b *bench) ([]*Row, error) {
	f := series{}
	for _, s := range b.sides(0, 1) {
		d, err := b.boot1(s, sections(b.programs, command(argv...), "autostart=false"))
		if err != nil {
			return nil, err
		}
		n := 4 * b.runs
		if s == b.oracle {
			n = b.runs
		}
		if err := timedCalls(f, s.name, d.socket(), request("reloadConfig"), n); err != nil {
			return nil, err
		}
		if err := d.stop(); err != nil {
			return nil, err
		}
	}
	return []*Row{{Figure: "time", Unit: ms, Ours: f.median("ours"), Oracle: f.median("oracle"), bound: atMost(0.1, "oracle")}}, nil
}

// boot1 boots a daemon none of whose programs starts by itself.
func (b *bench) boot1(s side, programs string) (*daemon, error) {
	d, _, err := b.boot(s, programs, 0)
	return d, err
}

func status(b *bench) (rows []*Row, err error) {
	for _, n := range []int{10, b.programs} {
		d, err := b.bootSleepers(b.ours, n)
		if err != nil {
			return nil, err
		}
		f := series{}
		for i := range 2 * b.runs {
			for _, s := range b.sides(i, b.runs) {
				used, err := d.status(s)
				if err != nil {
					return nil, err
				}
				f.addTime(s.name, used.User+used.Sys)
			}
		}
		rows = append(rows, &Row{
			Figure: fmt.Sprintf("CPU, %d programs", n), Unit: ms, Ours: f.median("ours"), Oracle: f.median("oracle"),
			bound: atMost(1.0/15, "oracle"),
		})
		if err := d.stop(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// status runs a side's supervisorctl against one of our daemons, and returns its
// processor time.
func (d *daemon) status(s side) (usage, error) {
	cmd := exec.Command(s.ctl, "-c", filepath.Join(d.home, "s.conf"), "status")
	if out, err := cmd.Output(); err != nil || len(out) == 0 {
		return usage{}, fmt.Errorf("%s status: %w, %q", s.ctl, err, out)
	}
	user, sys := cmd.ProcessState.UserTime(), cmd.ProcessState.SystemTime()
	return usage{User: user, Sys: sys, Total: user + sys}, nil
}
