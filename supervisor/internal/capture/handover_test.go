package capture

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"reeve/supervisor/logfile"
)

// relay is a Table that is handed over again and again; its Outputs are kept.
type relay struct {
	t     *testing.T
	table *Table
	with  Adoption
	outs  []Output
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	table, err := New()
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{t: t, table: table, with: Adoption{Outage: func(o logfile.Outage) { t.Error(o) }}}
	t.Cleanup(func() { r.table.Close() })
	return r
}

// receive keeps Outputs until is accepts one.
func (r *relay) receive(is func(Output) bool) {
	for {
		o := <-r.table.Outputs()
		r.outs = append(r.outs, o)
		if is(o) {
			return
		}
	}
}

// handOver hands over the Table and keeps its last Outputs.
func (r *relay) handOver() (h Handed) {
	r.t.Helper()
	handed := r.table.HandOver()
	for ok := false; !ok; {
		select {
		case o := <-r.table.Outputs():
			r.outs = append(r.outs, o)
		case h = <-handed:
			ok = true
		}
	}
	for len(r.table.Outputs()) > 0 {
		r.outs = append(r.outs, <-r.table.Outputs())
	}
	return throughJSON(r.t, h)
}

func (r *relay) take(h Handed) {
	r.t.Helper()
	table, err := New()
	if err != nil {
		r.t.Fatal(err)
	}
	table.Take(h, r.with)
	r.table = table
}

// upgrade hands over the Table and the logs, as before an execve, and takes both.
func (r *relay) upgrade(ctx context.Context) {
	r.t.Helper()
	h := r.handOver()
	logs, err := logfile.HandOver(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	logfile.Take(throughJSON(r.t, logs))
	r.take(h)
	logfile.CloseUnclaimed(r.with.Outage)
}

func throughJSON[T any](t *testing.T, v T) (again T) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &again)
	}
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// writeUntilEOF writes numbered pieces of a size until its stdin is closed; the last one
// is marked. With tokens, each comes after a captured copy of its number, and writes are
// cut anywhere.
func writeUntilEOF(size int, tokens bool) {
	var over atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		over.Store(true)
	}()
	piece := bytes.Repeat([]byte("."), size)
	piece[size-1] = '\n'
	var rest []byte
	for i := 0; ; i++ {
		last := over.Load()
		copy(piece, fmt.Sprintf("%012d", i))
		if last {
			piece[size-2] = 'E'
		}
		out := piece
		if tokens {
			rest = fmt.Appendf(rest, "%s%d%s%s", beginToken, i, endToken, piece)
			if out = rest[:len(rest)/41*41]; last {
				out = rest
			}
			rest = bytes.Clone(rest[len(out):])
		}
		for chunk := range slices.Chunk(out, 64<<10) {
			if _, err := os.Stdout.Write(chunk); err != nil {
				panic(err)
			}
		}
		if last {
			return
		}
	}
}

// startEndless starts a child that writes until its stdin is closed, and attaches it.
func startEndless(t *testing.T, name string, table *Table, opt Options) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	theirs, out := childPipe(t)
	their, in := inputPipe(t)
	cmd := exec.Command(exe, name, "0")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = their, theirs, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	their.Close()
	theirs.Close()
	table.Attach(stdout, out, opt)
	table.AttachInput(stdin, in)
	return cmd
}

// wantNumbered checks that the log with its backups has the pieces that writeUntilEOF
// wrote, each once, in order, to the last one, and returns their number.
func wantNumbered(t *testing.T, path string, backups int) (pieces int) {
	t.Helper()
	var files []io.Reader
	for i := backups; i >= 0; i-- {
		name := path
		if i > 0 {
			name += "." + strconv.Itoa(i)
		}
		if f, err := os.Open(name); err == nil {
			t.Cleanup(func() { f.Close() })
			files = append(files, f)
		}
	}
	return wantPieces(t, io.MultiReader(files...))
}

func wantPieces(t *testing.T, in io.Reader) (pieces int) {
	t.Helper()
	lines := bufio.NewReaderSize(in, 1<<20)
	var before []byte
	for n := 0; ; n++ {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			if len(line) > 0 || !bytes.HasSuffix(before, []byte("E\n")) {
				t.Errorf("after %d pieces: %.40q, %v", n, line, err)
			}
			return n
		}
		if n > 0 && len(line) != len(before) || string(line[:12]) != fmt.Sprintf("%012d", n) {
			t.Fatalf("piece %d has %d bytes: %.40q", n, len(line), line)
		}
		before = append(before[:0], line...)
	}
}

func TestHandOverLosesNothing(t *testing.T) {
	for _, c := range []struct {
		name, child string
		log         logfile.Options
		opt         Options
	}{
		{"Lines", "endless-lines", logfile.Options{}, Options{}},
		{"Blocks", "endless-blocks", logfile.Options{}, Options{}},
		{"Rotation", "endless-blocks", logfile.Options{MaxBytes: 4 << 20, Backups: 500}, Options{}},
		{"SmallRotation", "endless-lines", logfile.Options{MaxBytes: 500_000, Backups: 500}, Options{}},
		{"Tokens", "endless-tokens", logfile.Options{MaxBytes: 2 << 20, Backups: 500}, Options{CaptureMax: 1000}},
		{"Events", "endless-blocks", logfile.Options{MaxBytes: 4 << 20, Backups: 500}, Options{Events: true}},
		{"Raw", "endless-lines", logfile.Options{}, Options{Raw: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.log.Path = filepath.Join(t.TempDir(), "log")
			handOverLosesNothing(t, c.child, c.log, c.opt)
		})
	}
	if n := grown.Load(); n != 0 {
		t.Errorf("%d pipes count as large although all are closed", n)
	}
}

func handOverLosesNothing(t *testing.T, child string, log logfile.Options, opt Options) {
	r := newRelay(t)
	opt.Log = openLog(t, log)
	cmd := startEndless(t, child, r.table, opt)
	var before os.FileInfo
	for i := range 50 {
		if i%2 == 0 {
			before = r.progress(log.Path, before)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%3)*time.Millisecond)
		r.upgrade(ctx)
		cancel()
	}
	r.table.CloseInput(stdin)
	r.receive(func(o Output) bool { _, ok := o.(Ended); return ok })
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	r.table.Drain(stdout)
	r.receive(func(o Output) bool { return o == Drained{stdout} })
	if err := logfile.Quiesce(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := wantNumbered(t, log.Path, log.Backups)
	if n < 25 {
		t.Errorf("the child wrote only %d pieces", n)
	}
	if opt.Events || opt.Raw {
		if chunks := wantPieces(t, strings.NewReader(text(r.outs))); chunks != n {
			t.Errorf("%d pieces in Chunks, %d in the log", chunks, n)
		}
	}
	if opt.CaptureMax > 0 {
		wantComms(t, r.outs, n)
	}
}

// wantComms checks that n numbers were captured, in order.
func wantComms(t *testing.T, outs []Output, n int) {
	t.Helper()
	i := 0
	for _, o := range outs {
		if c, ok := o.(Comm); ok {
			if string(c.Data) != strconv.Itoa(i) {
				t.Fatalf("captured %q, want %d", c.Data, i)
			}
			i++
		}
	}
	if i != n {
		t.Errorf("%d numbers were captured, want %d", i, n)
	}
}

// progress waits until something was written to a log since before.
func (r *relay) progress(path string, before os.FileInfo) os.FileInfo {
	r.t.Helper()
	for {
		r.sync()
		now, err := os.Stat(path)
		if err != nil && !os.IsNotExist(err) { // it may be rotated right now
			r.t.Fatal(err)
		}
		if err == nil && now.Size() > 0 && (before == nil || now.Size() != before.Size() || !os.SameFile(now, before)) {
			return now
		}
	}
}

// sync waits until what the child has written is in the log.
func (r *relay) sync() {
	synced := make(chan error, 1)
	r.table.Sync(stdout, func(err error) { synced <- err })
	for {
		select {
		case o := <-r.table.Outputs():
			r.outs = append(r.outs, o)
		case err := <-synced:
			if err != nil {
				r.t.Error(err)
			}
			return
		}
	}
}
