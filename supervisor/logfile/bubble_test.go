package logfile

import (
	"errors"
	"testing"
	"testing/synctest"

	"reeve/supervisor/internal/disk"
)

// bubble is synctest.Test for a test that uses the disk. A worker that still carries out
// what an earlier test has left, outside the bubble, would take the work of this one, too,
// and change what all logs hold.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	if err := errors.Join(Quiesce(t.Context()), disk.Rest(t.Context())); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, f)
}
