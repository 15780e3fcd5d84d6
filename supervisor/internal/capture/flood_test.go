package capture

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"reeve/supervisor/logfile"
)

// children are the programs that the test binary plays when started under one of these
// names.
var children = map[string]func(total int){
	"lines":  func(total int) { writeAll(total, 100) },
	"blocks": func(total int) { writeAll(total, 64<<10) },
	"relay":  relayOverExec,

	"endless-lines":  func(int) { writeUntilEOF(100, false) },
	"endless-blocks": func(int) { writeUntilEOF(64<<10, false) },
	"endless-tokens": func(int) { writeUntilEOF(100, true) },
}

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && children[os.Args[1]] != nil {
		total, err := strconv.Atoi(os.Args[2])
		if err != nil {
			panic(err)
		}
		children[os.Args[1]](total)
		return
	}
	os.Exit(m.Run())
}

// writeAll writes numbered pieces of a size until there are total bytes.
func writeAll(total, size int) {
	piece := bytes.Repeat([]byte("."), size)
	piece[size-1] = '\n'
	for i := range total / size {
		copy(piece, fmt.Sprintf("%012d", i))
		if _, err := syscall.Write(1, piece); err != nil {
			panic(err)
		}
	}
}

// start starts a child and returns the parent's end of its stdout.
func start(t testing.TB, name string, total int) (*exec.Cmd, int) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, name, strconv.Itoa(total))
	cmd.Stdout, cmd.Stderr = w, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Dup(int(r.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fd)
	return cmd, fd
}

// capture runs children that each write total bytes into their own log, and waits until
// all of it is in the files.
func capture(t testing.TB, name string, total, programs int, opt func(i int) logfile.Options, during func(*Table, ID)) {
	t.Helper()
	table, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	var cmds []*exec.Cmd
	var logs []*logfile.Queue
	for i := range programs {
		log, err := logfile.OpenQueue(opt(i), func(o logfile.Outage) { t.Error(o) })
		if err != nil {
			t.Fatal(err)
		}
		logs = append(logs, log)
		cmd, fd := start(t, name, total)
		cmds = append(cmds, cmd)
		table.Attach(ID{uint64(i), Stdout}, fd, Options{Log: log})
	}
	var wg sync.WaitGroup
	ended := make(chan struct{})
	for i := range programs {
		wg.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
					during(table, ID{uint64(i), Stdout})
				}
			}
		})
	}
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		table.Drain(ID{uint64(i), Stdout})
	}
	close(ended)
	wg.Wait()
	for range cmds {
		<-table.Outputs()
	}
	for _, log := range logs {
		log.Close()
	}
	if err := logfile.Quiesce(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Floods of several programs with rotation, Reopen and Sync: no byte is lost, duplicated
// or out of order.
func TestFloodIsExact(t *testing.T) {
	for _, flood := range []struct {
		name  string
		piece int
		total int
		every time.Duration // between operations on a log
	}{
		{"lines", 100, 4_000_000, 0},
		// In between the flood bypasses the Table.
		{"lines", 100, 40_000_000, 15 * time.Millisecond},
		{"blocks", 64 << 10, 64 << 20, 0},
		{"blocks", 64 << 10, 256 << 20, 15 * time.Millisecond},
	} {
		t.Run(fmt.Sprint(flood.name, " ", flood.every), func(t *testing.T) {
			floodIsExact(t, flood.name, flood.piece, flood.total, flood.every)
		})
	}
	if n := grown.Load(); n != 0 {
		t.Errorf("%d pipes count as large although all are closed", n)
	}
}

func floodIsExact(t *testing.T, name string, piece, total int, every time.Duration) {
	const programs = 3
	dir := t.TempDir()
	path := func(i int) string { return filepath.Join(dir, strconv.Itoa(i), "log") }
	options := func(i int) logfile.Options {
		if err := os.MkdirAll(filepath.Dir(path(i)), 0o755); err != nil {
			t.Fatal(err)
		}
		return logfile.Options{Path: path(i), MaxBytes: int64(total / 13), Backups: 50}
	}
	capture(t, name, total, programs, options, func(table *Table, id ID) {
		time.Sleep(every)
		done := make(chan error)
		// Sync takes a row back from its log.
		for _, operation := range []func(ID, func(error)){table.Reopen, table.Sync} {
			operation(id, func(err error) { done <- err })
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	for i := range programs {
		n := 0
		for backup := 50; backup >= 0; backup-- {
			name := path(i)
			if backup > 0 {
				name += "." + strconv.Itoa(backup)
			}
			data, err := os.ReadFile(name)
			if err != nil && (backup == 0 || !os.IsNotExist(err)) {
				t.Fatal(err)
			}
			n = numbered(t, data, piece, n)
		}
		if n != total/piece*piece {
			t.Errorf("program %d: %d bytes, want %d", i, n, total/piece*piece)
		}
	}
}

// numbered checks that data equals what writeAll wrote from offset on, and returns the
// offset of its end.
func numbered(t *testing.T, data []byte, piece, offset int) int {
	t.Helper()
	for len(data) > 0 {
		want := bytes.Repeat([]byte("."), piece)
		want[piece-1] = '\n'
		copy(want, fmt.Sprintf("%012d", offset/piece))
		want = want[offset%piece:]
		n := min(len(want), len(data))
		if !bytes.Equal(data[:n], want[:n]) {
			t.Fatalf("at byte %d: %.40q, want %.40q", offset, data, want)
		}
		data, offset = data[n:], offset+n
	}
	return offset
}

// BenchmarkLog captures a flood into a file. cat does the same with cat > file, for
// comparison; cpu-s/GB is the CPU time of the daemon (or of cat).
func BenchmarkLog(b *testing.B) {
	const total = 128 << 20
	for _, name := range []string{"lines", "blocks"} {
		for _, programs := range []int{1, 4} {
			b.Run(fmt.Sprintf("%s/%d", name, programs), func(b *testing.B) {
				dir := b.TempDir()
				b.SetBytes(int64(programs) * total)
				before := cpu(syscall.RUSAGE_SELF)
				for b.Loop() {
					options := func(i int) logfile.Options {
						return logfile.Options{Path: filepath.Join(dir, strconv.Itoa(i)), MaxBytes: 50 << 20, Backups: 1}
					}
					hour := func(*Table, ID) { time.Sleep(10 * time.Millisecond) }
					capture(b, name, total, programs, options, hour)
				}
				report(b, cpu(syscall.RUSAGE_SELF)-before, programs*total)
			})
		}
		b.Run(name+"/cat", func(b *testing.B) {
			b.SetBytes(total)
			var used time.Duration
			for b.Loop() {
				used += cat(b, name, total)
			}
			report(b, used, total)
		})
	}
}

func report(b *testing.B, used time.Duration, size int) {
	b.ReportMetric(used.Seconds()/(float64(b.N)*float64(size)/1e9), "cpu-s/GB")
}

func cpu(who int) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(who, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// cat pipes a child into cat > file and returns the CPU time that cat used.
func cat(b *testing.B, name string, total int) time.Duration {
	cmd, fd := start(b, name, total)
	in := os.NewFile(uintptr(fd), "pipe")
	defer in.Close()
	out, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	c := exec.Command("cat")
	c.Stdin, c.Stdout = in, io.Writer(out)
	if err := c.Run(); err != nil {
		b.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime()
}
