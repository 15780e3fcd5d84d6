package spawn

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// startExhausted starts a program with few and then more and more descriptors available,
// then with enough again.
func startExhausted() {
	k := newKernel(Options{})
	attempt := func() string {
		k.Start(&Spec{Name: "p", Argv: []string{"/bin/true"}, Umask: -1})
		s := <-k.Started()
		if s.Err != nil {
			return s.Err.Error()
		}
		closeEnds(s)
		<-k.Exited()
		return "started"
	}
	limit := func(n uint64) {
		lim := syscall.Rlimit{Cur: n, Max: 1000}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
			fmt.Println(err)
		}
	}
	attempt() // opens everything that stays open
	limit(1000)
	free, err := syscall.Dup(0)
	if err != nil {
		fmt.Println(err)
	}
	syscall.Close(free)
	for n := range 10 { // pipes need six; the starter has what it needs
		limit(uint64(free + n))
		fmt.Println(attempt())
	}
	limit(1000)
	fmt.Println(attempt())
	after, _ := syscall.Dup(0)
	fmt.Println(after - free)
	k.Close()
}

func Test154TooManyOpenFiles(t *testing.T) {
	out, err := exec.Command(self(t), "exhausted").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 12 {
		t.Fatalf("got %q", lines)
	}
	for i, line := range lines[:10] {
		if i < 6 && line != "too many open files to spawn 'p'" || i >= 6 && line != "started" {
			t.Errorf("with %d descriptors left: %q", i, line)
		}
	}
	if lines[10] != "started" || lines[11] != "0" {
		t.Errorf("with enough descriptors: %q; %s more are open than before", lines[10], lines[11])
	}
}
