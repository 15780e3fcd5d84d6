package spawn

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// A helper that has nothing to do ends, and the next start gets another one.
func TestUnusedHelperEnds(t *testing.T) {
	k := newTestKernel(t, Options{helperStays: time.Nanosecond}, &method{helper: true})
	for range 2 {
		out, _, _ := run(t, k, &Spec{Argv: []string{"/bin/echo", "started"}, Umask: -1})
		if out != "started\n" {
			t.Errorf("got %q", out)
		}
		eventually(t, "the helper stays", func() string {
			if n := children(t); n > 0 {
				return fmt.Sprint(n, " children")
			}
			return ""
		})
	}
}

// children counts the processes that are ours.
func children(t *testing.T) (n int) {
	t.Helper()
	own := strconv.Itoa(os.Getpid())
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(all) == 0 {
		t.Fatal("cannot list processes: ", err)
	}
	for _, file := range all {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if statField(pid, 1) == own {
			n++
		}
	}
	return n
}
