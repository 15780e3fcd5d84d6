package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// programs are what the tests need of ours.
var programs = []string{"supervisord", "supervisorctl", "pidproxy"}

// bin is the directory of our programs, as they are released: static.
var bin string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(withPrograms(m.Run))
}

// withPrograms builds our programs and calls f.
func withPrograms(f func() int) int {
	if bin = os.Getenv("REEVE_BIN"); bin != "" {
		return f()
	}
	dir, err := os.MkdirTemp("", "reeve-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	for _, name := range programs {
		build := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, name), "../../cmd/"+name)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "cannot build %s: %v\n%s", name, err, out)
			return 1
		}
	}
	bin = dir
	return f()
}
