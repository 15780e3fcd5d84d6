//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// all makes a call that affects all n programs, and checks that it succeeded for each.
func (d *daemon) all(method string, n int) (sample, error) {
	var reply string
	s, err := d.measure(n, func() (err error) {
		reply, err = d.ask(method)
		return err
	})
	if ok := strings.Count(reply, "<int>80</int>"); err == nil && ok != n {
		err = fmt.Errorf("%s: %s succeeded with %d programs, want %d", d.side.name, method, ok, n)
	}
	return s, err
}

// settled is how long started children need, so that stopping them affects the running
// program and not its start.
const settled = 100 * time.Millisecond

func (b *bench) bootSleepers(s side, n int, settings ...string) (*daemon, error) {
	d, _, err := b.boot(s, sections(n, append([]string{command(argv...), "startsecs=0"}, settings...)...), n)
	return d, err
}

func stopStartAll(b *bench) ([]*Row, error) {
	f := series{}
	for _, s := range b.sides(0, 1) {
		d, err := b.bootSleepers(s, b.programs)
		if err != nil {
			return nil, err
		}
		for i := range b.runs {
			if i > 0 && s == b.oracle {
				break
			}
			pids, start, err := bareStart(b.programs, argv...)
			if err != nil {
				return nil, err
			}
			time.Sleep(settled)
			stop, err := bareReap(pids, syscall.SIGTERM)
			if err != nil {
				return nil, err
			}
			f.addTime("limit stop", stop.Wall)
			f.addTime("limit start", start.Wall)
			if stop, err = d.all("stopAllProcesses", b.programs); err != nil {
				return nil, err
			}
			if start, err = d.all("startAllProcesses", b.programs); err != nil {
				return nil, err
			}
			f.addTime(s.name+" stop", stop.Wall)
			f.addTime(s.name+" start", start.Wall)
			time.Sleep(settled)
		}
		if err := d.stop(); err != nil {
			return nil, err
		}
	}
	row := func(what, limit string) *Row {
		return &Row{
			Figure: what, Unit: ms, Ours: f.median("ours " + what), Oracle: f.median("oracle " + what),
			Limit: f.median("limit " + what), LimitIs: limit, bound: atMost(1.5, "limit"),
		}
	}
	return []*Row{row("stop", "bare kill and reap"), row("start", "bare start")}, nil
}

// shutdownOnce measures the time from the call until the daemon has ended, and its
// programs before it.
func (b *bench) shutdownOnce(s side, groups int, settings ...string) (one sample, err error) {
	d, err := b.bootSleepers(s, groups, settings...)
	if err != nil {
		return one, err
	}
	time.Sleep(settled)
	before := d.used()
	start := now()
	if _, err := d.ask("shutdown"); err != nil {
		return one, err
	}
	if err := waitid(d.pid); err != nil {
		return one, err
	}
	one = sample{Wall: now() - start, CPU: used(d.pid).sub(before), Items: groups}
	return one, d.wait()
}

// waitid waits for the end of a child and leaves it unreaped, so that it can be examined.
func waitid(pid int) error {
	for {
		if err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != unix.EINTR {
			return err
		}
	}
}

func shutdown(b *bench) ([]*Row, error) {
	const groups = 100
	f := series{}
	for i := range 2 * b.runs {
		pids, _, err := bareStart(groups, argv...)
		if err != nil {
			return nil, err
		}
		time.Sleep(settled)
		bare, err := bareReapEach(pids, syscall.SIGTERM)
		if err != nil {
			return nil, err
		}
		f.addTime("limit", bare.Wall)
		for _, s := range b.sides(i, 1) {
			one, err := b.shutdownOnce(s, groups)
			if err != nil {
				return nil, err
			}
			f.addTime(s.name, one.Wall)
		}
	}
	return []*Row{{
		Figure: "time", Unit: ms, Ours: f.median("ours"), Oracle: f.median("oracle"), Limit: f.median("limit"),
		LimitIs: "bare kill and reap, one by one", bound: atMost(3, "limit"),
		Note: "as in Supervisor, a group is stopped when the one before it has ended; so does the limit",
	}}, nil
}
