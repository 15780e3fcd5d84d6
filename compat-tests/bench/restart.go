//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// fifo is where children write their stamps.
type fifo struct {
	path string
	file *os.File
}

func newFIFO(path string) (*fifo, error) {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0) // both ends, so that it never ends
	return &fifo{path, file}, err
}

// next is the next stamp.
func (f *fifo) next() (at time.Duration, pid int, err error) {
	f.file.SetReadDeadline(time.Now().Add(time.Minute))
	var s stamp
	if err := binary.Read(f.file, binary.LittleEndian, &s); err != nil {
		return 0, 0, fmt.Errorf("no child wrote its stamp: %w", err)
	}
	return time.Duration(s.Sec)*time.Second + time.Duration(s.Nsec), int(s.Pid), nil
}

// stamps reads n stamps and returns the pids.
func (f *fifo) stamps(n int) (pids []int, err error) {
	for range n {
		_, pid, err := f.next()
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

// restarter is a daemon with n children that write stamps.
type restarter struct {
	*daemon
	fifo *fifo
	pids []int
	next int
}

func (b *bench) newRestarter(s side, n int, settings ...string) (*restarter, error) {
	path, err := os.MkdirTemp(b.dir, "fifo")
	if err != nil {
		return nil, err
	}
	f, err := newFIFO(filepath.Join(path, "f"))
	if err != nil {
		return nil, err
	}
	all := append([]string{command(b.child, f.path), "startsecs=0", "autorestart=true"}, settings...)
	d, err := b.launch(s, sections(n, all...))
	if err != nil {
		return nil, err
	}
	r := &restarter{daemon: d, fifo: f}
	if r.pids, err = f.stamps(n); err != nil {
		return nil, err
	}
	return r, d.running(n, time.Minute)
}

// kill1 kills one child, and took is the time to the first instruction of its successor.
func (r *restarter) kill1() (took time.Duration, err error) {
	start := now()
	if err := syscall.Kill(r.pids[r.next], syscall.SIGKILL); err != nil {
		return 0, err
	}
	at, pid, err := r.fifo.next()
	r.pids[r.next] = pid
	r.next = (r.next + 1) % len(r.pids)
	return at - start, err
}

func (r *restarter) end() error {
	r.fifo.file.Close()
	return r.stop()
}

// bareFirst is the time from before a fork to the first instruction of the child.
func (b *bench) bareFirst(f *fifo) (time.Duration, error) {
	start := now()
	pid, err := syscall.ForkExec(b.child, []string{b.child, f.path}, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}})
	if err != nil {
		return 0, err
	}
	at, _, err := f.next()
	if err != nil {
		return 0, err
	}
	_, err = bareReap([]int{pid}, syscall.SIGKILL)
	return at - start, err
}

// restartLatency kills one child after the other and starts as many barely, taking turns.
func (b *bench) restartLatency(f series, r *restarter, rounds int) error {
	for range rounds {
		bare, err := b.bareFirst(r.fifo)
		if err != nil {
			return err
		}
		f.add("limit", float64(bare)/float64(time.Microsecond))
		took, err := r.kill1()
		if err != nil {
			return err
		}
		f.add(r.side.name, float64(took)/float64(time.Microsecond))
	}
	return nil
}

func restartOne(b *bench) ([]*Row, error) {
	f := series{}
	for i := range b.runs {
		for _, s := range b.sides(i, 1) {
			r, err := b.newRestarter(s, 100)
			if err != nil {
				return nil, err
			}
			rounds, into := 700, f
			if s == b.oracle { // it restarts once a second
				rounds, into = 8, series{}
			}
			if err := b.restartLatency(into, r, rounds); err != nil {
				return nil, err
			}
			f[s.name] = into[s.name]
			if err := r.end(); err != nil {
				return nil, err
			}
		}
	}
	row := func(figure string, q, times float64) *Row {
		return &Row{
			Figure: figure, Unit: us, Ours: f.quantile("ours", q), Oracle: f.quantile("oracle", q),
			Limit: f.quantile("limit", q), LimitIs: "bare start", bound: atMost(times, "limit"),
		}
	}
	return []*Row{row("p50", 0.5, 2), row("p99", 0.99, 3)}, nil
}

// restartsFor counts for a while how often a daemon restarts a program that exits at once, among others that stay.
func (b *bench) restartsFor(s side, others int, while time.Duration, settings ...string) (sample, error) {
	stay := append([]string{command(argv...), "startsecs=0"}, settings...)
	quick := append([]string{command(b.child), "startsecs=0", "autorestart=true"}, settings...)
	d, _, err := b.boot(s, sections(others, stay...)+"[program:quick]\n"+strings.Join(quick, "\n")+"\n", others+1)
	if err != nil {
		return sample{}, err
	}
	var started, ended int
	d.log.seen = func(line []byte) {
		if bytes.Contains(line, []byte("spawned: 'quick'")) {
			started++
		} else if bytes.Contains(line, []byte("exited: quick (exit status 0")) {
			ended++
		}
	}
	d.log.count("")
	started, ended = 0, 0
	one, err := d.measure(0, func() error {
		time.Sleep(while)
		d.log.count("")
		return nil
	})
	if err != nil {
		return one, err
	}
	if one.Items = started; started-ended > 1 || ended-started > 1 {
		return one, fmt.Errorf("%s: the program was started %d times and seen to exit %d times", s.name, started, ended)
	}
	return one, d.stop()
}

func restartRate(b *bench) ([]*Row, error) {
	f := series{}
	for i := range b.runs {
		bare, err := bareRestarts(2000, b.child)
		if err != nil {
			return nil, err
		}
		f.add("limit", bare.rate())
		for _, s := range b.sides(i, 1) {
			while := 2 * time.Second
			if s == b.oracle {
				while = 12 * time.Second
			}
			one, err := b.restartsFor(s, 0, while)
			if err != nil {
				return nil, err
			}
			f.add(s.name, one.rate())
		}
	}
	return []*Row{{
		Figure: "restarts", Unit: perSecond, Ours: f.median("ours"), Oracle: f.median("oracle"),
		Limit: f.median("limit"), LimitIs: "bare start and reap", bound: atLeast(0.6, "limit"),
	}}, nil
}
