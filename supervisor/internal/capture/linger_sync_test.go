package capture

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"reeve/supervisor/logfile"
)

// atOnce is a command that the table carries out.
type atOnce func()

func (f atOnce) do(*Table) { f() }
func (f atOnce) refuse()   { f() }

// TestSyncEndsLingering: a Sync that finds the end of a lingering row is no failure of its
// log.
func TestSyncEndsLingering(t *testing.T) {
	table, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	path := filepath.Join(t.TempDir(), "log")
	log, err := logfile.OpenQueue(logfile.Options{Path: path}, func(o logfile.Outage) { t.Error(o) })
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Dup(int(r.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	id := ID{1, Stdout}
	table.Attach(id, fd, Options{Log: log})
	table.Drain(id) // the child is gone, and somebody else holds the pipe
	<-table.Outputs()
	done := make(chan error, 1)
	table.post(atOnce(func() { // the last line and the end are there before the table looks
		if _, err := w.WriteString("last\n"); err != nil {
			t.Error(err)
		}
		_ = w.Close()
		operation{id, syncLog, func(err error) { done <- err }}.do(table)
	}))
	if err := <-done; err != nil {
		t.Error(err)
	}
}
