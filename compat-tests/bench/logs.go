//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A flood is a number of programs that write a number of bytes each, as fast as these are
// read.
type flood struct {
	part     string // blocks or lines
	record   int
	writers  int
	total    int // bytes of each writer
	maxBytes int
}

const (
	unit1MB = 1e6
	unit1GB = 1e9
)

// logFiles returns a log and its backups, oldest first.
func logFiles(path string) []string {
	files, _ := filepath.Glob(path + "*")
	slices.SortFunc(files, func(a, b string) int {
		var i, j int
		fmt.Sscanf(a[len(path):], ".%d", &i)
		fmt.Sscanf(b[len(path):], ".%d", &j)
		return j - i
	})
	return files
}

func sizeOf(files []string) (sum int) {
	for _, file := range files {
		// Otherwise it was rotated away meanwhile.
		if info, err := os.Stat(file); err == nil {
			sum += int(info.Size())
		}
	}
	return sum
}

// flood makes a daemon capture a flood, and verifies the contents of the logs.
func (b *bench) flood(s side, fl flood, others int, settings ...string) (one sample, err error) {
	var text strings.Builder
	text.WriteString(sections(others, append([]string{command(argv...), "startsecs=0"}, settings...)...))
	for i := range fl.writers {
		fmt.Fprintf(&text, "[program:w%02d]\ncommand=%s part %s %d\nautostart=false\nautorestart=false\nstartsecs=0\n"+
			"stdout_logfile={home}/w%02d.log\nstdout_logfile_maxbytes=%d\nstdout_logfile_backups=200\nstderr_logfile=NONE\n",
			i, b.self, fl.part, fl.total, i, fl.maxBytes)
	}
	d, _, err := b.boot(s, text.String(), others)
	if err != nil {
		return one, err
	}
	path := func(i int) string { return filepath.Join(d.home, fmt.Sprintf("w%02d.log", i)) }
	one, err = d.measure(fl.writers*fl.total, func() error {
		for i := range fl.writers {
			if _, err := d.ask("startProcess", fmt.Sprintf("w%02d", i)); err != nil {
				return err
			}
		}
		for i := range fl.writers {
			err := until(fmt.Sprintf("%s has all of log %d", s.name, i), time.Millisecond, 5*time.Minute, func() (bool, error) {
				return sizeOf(logFiles(path(i))) >= fl.total, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return one, errors.Join(err, d.kill())
	}
	// Only then are the files final: a rotation may be under way.
	if err := d.logged(" exited: w", fl.writers, time.Minute); err != nil {
		return one, err
	}
	d.keep = true
	defer os.RemoveAll(d.home)
	if err := d.stop(); err != nil {
		return one, err
	}
	for i := range fl.writers {
		if err := verifyRecords(logFiles(path(i)), fl.record, fl.total); err != nil {
			return one, err
		}
	}
	return one, nil
}

// cats measures the limit: as many writers, each piped into cat > file.
func (b *bench) cats(fl flood) (one sample, err error) {
	type pair struct{ writer, cat *exec.Cmd }
	var pairs []pair
	start := now()
	for i := range fl.writers {
		file, err := os.Create(filepath.Join(b.dir, fmt.Sprintf("cat%02d", i)))
		if err != nil {
			return one, err
		}
		defer os.Remove(file.Name())
		defer file.Close()
		r, w, err := os.Pipe()
		if err != nil {
			return one, err
		}
		p := pair{exec.Command(b.self, "part", fl.part, fmt.Sprint(fl.total)), exec.Command("cat")}
		p.writer.Stdout, p.cat.Stdin, p.cat.Stdout = w, r, file
		err = errors.Join(p.writer.Start(), p.cat.Start())
		w.Close()
		r.Close()
		if err != nil {
			return one, err
		}
		pairs = append(pairs, p)
	}
	for _, p := range pairs {
		if err := errors.Join(p.cat.Wait(), p.writer.Wait()); err != nil {
			return one, err
		}
		one.CPU.User += p.cat.ProcessState.UserTime()
		one.CPU.Sys += p.cat.ProcessState.SystemTime()
	}
	one.CPU.Total = one.CPU.User + one.CPU.Sys
	one.Wall, one.Items = now()-start, fl.writers*fl.total
	return one, nil
}

func (f series) addFlood(name string, s sample) {
	f.add(name, s.rate()/unit1MB)
	f.add(name+" cpu", s.CPU.Total.Seconds()/(float64(s.Items)/unit1GB))
}

func floodBlocks(b *bench) (rows []*Row, err error) {
	for _, what := range []struct {
		name              string
		writers, maxBytes int
	}{{"1 writer, no rotation", 1, 0}, {"1 writer, rotated each 50 MB", 1, 50 << 20}, {"20 writers", 20, 0}} {
		fl := flood{"blocks", pageSize, what.writers, b.megabytes(768) / what.writers / blockSize * blockSize, what.maxBytes}
		if b.short && what.maxBytes > 0 {
			fl.maxBytes = 1 << 20
		}
		f := series{}
		for i := range b.runs {
			limit, err := b.cats(fl)
			if err != nil {
				return nil, err
			}
			f.addFlood("limit", limit)
			for _, s := range b.sides(i, 2) {
				one, err := b.flood(s, fl, 0)
				if err != nil {
					return nil, err
				}
				f.addFlood(s.name, one)
			}
		}
		rows = append(rows,
			f.row("rate, "+what.name, "", mbSecond, atLeast(0.95, "limit")),
			f.row("CPU, "+what.name, " cpu", cpuPerGB, atMost(1.1, "limit")))
	}
	return rows, nil
}

// megabytes returns n MiB in bytes, or fewer with -short, where only the content counts.
func (b *bench) megabytes(n int) int {
	if b.short {
		n /= 16
	}
	return n << 20
}

func (f series) row(figure, what string, u unit, required bound) *Row {
	return &Row{
		Figure: figure, Unit: u, Ours: f.median("ours" + what), Oracle: f.median("oracle" + what), Limit: f.median("limit" + what),
		LimitIs: "cat", bound: required, Note: "every byte verified",
	}
}

func floodLines(b *bench) ([]*Row, error) {
	fl := flood{"lines", lineSize, 1, b.megabytes(48) / lineSize * lineSize, 0}
	f := series{}
	for i := range b.runs {
		limit, err := b.cats(fl)
		if err != nil {
			return nil, err
		}
		f.addFlood("limit", limit)
		for _, s := range b.sides(i, 2) {
			one, err := b.flood(s, fl, 0)
			if err != nil {
				return nil, err
			}
			f.addFlood(s.name, one)
		}
	}
	return []*Row{
		f.row("rate", "", mbSecond, atLeast(1, "oracle")),
		f.row("CPU", " cpu", cpuPerGB, atMost(0.5, "oracle")),
	}, nil
}

// singleLine measures how long a line of an otherwise quiet program takes to reach its
// log.
func singleLine(b *bench) (rows []*Row, err error) {
	for _, beside := range []string{"alone", "beside a flood of lines"} {
		f := series{}
		for _, s := range b.sides(0, 1) {
			if err := b.lineLatency(f, s, beside != "alone"); err != nil {
				return nil, err
			}
		}
		for _, q := range []struct {
			name string
			q    float64
		}{{"p50", 0.5}, {"p99", 0.99}} {
			rows = append(rows, &Row{
				Figure: q.name + ", " + beside, Unit: ms, Ours: f.quantile("ours", q.q), Oracle: f.quantile("oracle", q.q), bound: atMost(5, ""),
			})
		}
	}
	return rows, nil
}

func (b *bench) lineLatency(f series, s side, flooded bool) error {
	dir, err := os.MkdirTemp(b.dir, "fifo")
	if err != nil {
		return err
	}
	trigger, err := newFIFO(filepath.Join(dir, "f"))
	if err != nil {
		return err
	}
	defer trigger.file.Close()
	text := fmt.Sprintf("[program:quiet]\ncommand=%s part ondemand %s\nstartsecs=0\nstdout_logfile={home}/quiet.log\n", b.self, trigger.path)
	programs := 1
	if flooded {
		text += fmt.Sprintf("[program:flood]\ncommand=%s part lines %d\nstartsecs=0\nstdout_logfile_backups=1\n", b.self, 1<<50)
		programs = 2
	}
	d, _, err := b.boot(s, text, programs)
	if err != nil {
		return err
	}
	log, err := os.Open(filepath.Join(d.home, "quiet.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	line := make([]byte, 20)
	for range 100 {
		time.Sleep(10 * time.Millisecond) // quiet
		if _, err := trigger.file.Write([]byte{'x'}); err != nil {
			return err
		}
		err := until("the line is in the log", 20*time.Microsecond, time.Minute, func() (bool, error) {
			n, _ := log.Read(line)
			return n == len(line), nil
		})
		seen := now()
		if err != nil {
			return err
		}
		written, err := strconv.ParseInt(string(line[:len(line)-1]), 10, 64)
		if err != nil {
			return err
		}
		f.addTime(s.name, seen-time.Duration(written))
	}
	return d.kill()
}
