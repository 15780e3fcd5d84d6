//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// bootOnce boots n programs and stops them.
func (b *bench) bootOnce(s side, n int, settings ...string) (sample, error) {
	d, took, err := b.boot(s, sections(n, append([]string{command(argv...), "startsecs=0"}, settings...)...), n)
	if err != nil {
		return sample{}, err
	}
	return sample{Wall: took, CPU: d.used(), Items: n}, d.stop()
}

func bootOne(b *bench) ([]*Row, error) {
	f := series{}
	for i := range 3 * b.runs {
		for _, s := range b.sides(i, b.runs) {
			one, err := b.bootOnce(s, 1)
			if err != nil {
				return nil, err
			}
			f.addTime(s.name+" time", one.Wall)
			f.addTime(s.name+" cpu", one.CPU.Total)
		}
	}
	return []*Row{
		{Figure: "time", Unit: ms, Ours: f.median("ours time"), Oracle: f.median("oracle time"), bound: atMost(0.1, "oracle")},
		{Figure: "CPU", Unit: ms, Ours: f.median("ours cpu"), Oracle: f.median("oracle cpu"), bound: atMost(15, "")},
	}, nil
}

func bootMany(b *bench) ([]*Row, error) {
	f := series{}
	for i := range b.runs {
		bare, err := bareBoot(b.programs, argv...)
		if err != nil {
			return nil, err
		}
		f.addTime("limit", bare.Wall)
		for _, s := range b.sides(i, 1) {
			one, err := b.bootOnce(s, b.programs)
			if err != nil {
				return nil, err
			}
			f.addTime(s.name, one.Wall)
			f.addTime(s.name+" cpu", one.CPU.Total)
		}
	}
	return []*Row{{
		Figure: "time", Unit: ms, Ours: f.median("ours"), Oracle: f.median("oracle"), Limit: f.median("limit"), LimitIs: "bare start",
		bound: atMost(1.3, "limit"), Note: fmt.Sprintf("CPU %.0f ms", f.median("ours cpu")),
	}}, nil
}

// storm kills all n children at once; each exit has to be in the log, by name, before all
// are RUNNING again.
func (b *bench) storm(s side, n int, settings ...string) (storm sample, err error) {
	d, _, err := b.boot(s, sections(n, append([]string{command(argv...), "startsecs=0", "autorestart=true"}, settings...)...), n)
	if err != nil {
		return storm, err
	}
	pids, err := d.pids()
	if err != nil {
		return storm, err
	}
	if len(pids) != n {
		return storm, fmt.Errorf("%s runs %d programs, want %d", s.name, len(pids), n)
	}
	exits := map[string]int{}
	d.log.seen = func(line []byte) {
		if _, rest, ok := strings.Cut(string(line), " exited: "); ok && strings.Contains(rest, "SIGKILL") {
			name, _, _ := strings.Cut(rest, " ")
			exits[name]++
		}
	}
	storm, err = d.measure(n, func() error {
		for _, pid := range pids {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				return fmt.Errorf("cannot kill %d: %w", pid, err)
			}
		}
		return d.running(n, 5*time.Minute)
	})
	if err != nil {
		return storm, err
	}
	again, err := d.pids()
	if err != nil {
		return storm, err
	}
	for name, pid := range pids {
		if exits[name] != 1 || again[name] == 0 || again[name] == pid {
			return storm, fmt.Errorf("%s: %s was killed once and seen to exit %d times; its pid was %d and is %d", s.name, name, exits[name], pid, again[name])
		}
	}
	return storm, d.stop()
}

// pids returns the pids of the programs that are RUNNING.
func (d *daemon) pids() (map[string]int, error) {
	reply, err := d.ask("getAllProcessInfo")
	if err != nil {
		return nil, err
	}
	pids := map[string]int{}
	for info := range strings.SplitSeq(reply, "<struct>") {
		if !strings.Contains(info, "<string>RUNNING</string>") {
			continue
		}
		var name string
		var pid int
		if m := nameIs.FindStringSubmatch(info); m != nil {
			name = m[1]
		}
		if m := pidIs.FindStringSubmatch(info); m != nil {
			fmt.Sscan(m[1], &pid)
		}
		pids[name] = pid
	}
	return pids, nil
}

var (
	nameIs = regexp.MustCompile(`<name>name</name>\s*<value><string>(\w+)</string>`)
	pidIs  = regexp.MustCompile(`<name>pid</name>\s*<value><int>(\d+)</int>`)
)

func stormMany(b *bench) ([]*Row, error) {
	f, n := series{}, b.programs
	if b.short {
		n = min(n, 200)
	}
	for i := range b.runs {
		pids, bare, err := bareStart(n, argv...)
		if err != nil {
			return nil, err
		}
		reap, err := bareReap(pids, syscall.SIGKILL)
		if err != nil {
			return nil, err
		}
		f.addTime("limit", bare.Wall)
		f.addTime("reap", reap.Wall)
		for _, s := range b.sides(i, 1) {
			one, err := b.storm(s, n)
			if err != nil {
				return nil, err
			}
			f.addTime(s.name, one.Wall)
			f.addTime(s.name+" cpu", one.CPU.Total)
		}
	}
	return []*Row{{
		Scenario: fmt.Sprintf("%d children killed at once, to all RUNNING again", n),
		Figure:   "time", Unit: ms, Ours: f.median("ours"), Oracle: f.median("oracle"), Limit: f.median("limit"), LimitIs: "bare start",
		bound: atMost(1.3, "limit"), Note: fmt.Sprintf("bare kill and reap: %.0f ms more; CPU %.0f ms; every exit seen", f.median("reap"), f.median("ours cpu")),
	}}, nil
}
