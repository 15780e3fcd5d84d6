package capture

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

// wantNumbered checks that the log with its backups has the numbered pieces that writeAll
// writes, each once and in order.
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
	lines := bufio.NewReaderSize(io.MultiReader(files...), 1<<20)
	size := 0
	for n := 0; ; n++ {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			if len(line) > 0 {
				t.Errorf("after %d pieces: %.40q, %v", n, line, err)
			}
			return n
		}
		if size = max(size, len(line)); len(line) != size || string(line[:12]) != fmt.Sprintf("%012d", n) {
			t.Fatalf("piece %d of %d bytes has %d bytes: %.40q", n, size, len(line), line)
		}
	}
}

func TestHandOverLosesNothing(t *testing.T) {
	for _, c := range []struct {
		name, child string
		log         logfile.Options
		opt         Options
	}{
		{"Lines", "lines", logfile.Options{}, Options{}},
		{"Blocks", "blocks", logfile.Options{}, Options{}},
		{"Rotation", "blocks", logfile.Options{MaxBytes: 2 << 20, Backups: 500}, Options{}},
		{"SmallRotation", "lines", logfile.Options{MaxBytes: 500_000, Backups: 500}, Options{}},
		{"Tokens", "lines", logfile.Options{MaxBytes: 2 << 20, Backups: 500}, Options{CaptureMax: 1000}},
		{"Events", "blocks", logfile.Options{MaxBytes: 4 << 20, Backups: 500}, Options{Events: true}},
		{"Raw", "lines", logfile.Options{}, Options{Raw: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			total := map[string]int{"lines": 10_000_000, "blocks": 200 << 20}[c.child]
			c.log.Path = filepath.Join(t.TempDir(), "log")
			r := newRelay(t)
			c.opt.Log = openLog(t, c.log)
			cmd, fd := start(t, c.child, total)
			r.table.Attach(stdout, fd, c.opt)
			for i := range 50 {
				if i%2 == 0 {
					synced := make(chan error, 1)
					r.table.Sync(stdout, func(err error) { synced <- err })
					for ok := false; !ok; {
						select {
						case o := <-r.table.Outputs():
							r.outs = append(r.outs, o)
						case <-synced:
							ok = true
						}
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%3)*time.Millisecond)
				r.upgrade(ctx)
				cancel()
			}
			r.receive(func(o Output) bool { _, ok := o.(Ended); return ok })
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			r.table.Drain(stdout)
			r.receive(func(o Output) bool { return o == Drained{stdout} })
			if err := logfile.Quiesce(t.Context()); err != nil {
				t.Fatal(err)
			}
			size := map[string]int{"lines": 100, "blocks": 64 << 10}[c.child]
			if n := wantNumbered(t, c.log.Path, c.log.Backups); n != total/size {
				t.Errorf("%d pieces in the log, want %d", n, total/size)
			}
			if c.opt.wants() {
				if n := strings.Count(text(r.outs), "\n"); n != total/size {
					t.Errorf("%d pieces in Chunks, want %d", n, total/size)
				}
			}
		})
	}
}

func (o Options) wants() bool { return o.Events || o.Echo || o.Raw }
