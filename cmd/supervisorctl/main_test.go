package main

import (
	"os"
	"testing"
)

// TestMain lets the test binary be supervisorctl itself, for tests that need a process or
// a terminal of its own.
func TestMain(m *testing.M) {
	if os.Getenv("REEVE_TEST_CTL") != "" {
		os.Exit(run(os.Args))
	}
	os.Exit(m.Run())
}

// shortDir creates a directory whose path is short enough for a unix socket.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ctl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
