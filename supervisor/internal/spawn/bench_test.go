package spawn

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

// BenchmarkStart starts 1,000 programs through a kernel, and as many in a bare loop of
// fork and exec, and reports the ratio. They alternate, so that a busy machine slows down
// both. "more" is how many other descriptors are open.
func BenchmarkStart(b *testing.B) {
	for name, how := range map[string]*way{"starter": nil, "direct": {direct: true}} {
		for _, more := range []int{0, 1000, 10000} {
			b.Run(fmt.Sprintf("%s/more=%d", name, more), func(b *testing.B) { benchStart(b, how, more) })
		}
	}
}

const benchStarts = 1000

func benchStart(b *testing.B, how *way, more int) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	for range more {
		fd, err := syscall.Dup(int(null.Fd()))
		if err != nil {
			b.Skip("not so many descriptors allowed: ", err)
		}
		syscall.CloseOnExec(fd)
		defer syscall.Close(fd)
	}
	argv := []string{"/bin/sleep", "3600"}
	var bare, ours time.Duration
	for b.Loop() {
		bare += benchBare(b, argv, int(null.Fd()))
		ours += benchKernel(b, argv, how)
	}
	n := float64(b.N * benchStarts)
	b.ReportMetric(float64(ours.Microseconds())/n, "µs/start")
	b.ReportMetric(float64(bare.Microseconds())/n, "µs/bare")
	b.ReportMetric(float64(ours)/float64(bare), "ratio")
	b.ReportMetric(0, "ns/op")
}

func benchBare(b *testing.B, argv []string, null int) time.Duration {
	fd := uintptr(null)
	attr := &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{fd, fd, fd}}
	var pids []int
	begin := time.Now()
	for range benchStarts {
		pid, err := syscall.ForkExec(argv[0], argv, attr)
		if err != nil {
			b.Fatal(err)
		}
		pids = append(pids, pid)
	}
	took := time.Since(begin)
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGKILL)
		waitForExit(b, pid)
	}
	return took
}

func waitForExit(b *testing.B, pid int) {
	for {
		if _, err := syscall.Wait4(pid, nil, 0, nil); err == nil {
			return
		} else if err != syscall.EINTR {
			b.Fatal(err)
		}
	}
}

func benchKernel(b *testing.B, argv []string, how *way) time.Duration {
	k := newTestKernel(b, Options{}, how)
	defer k.Close()
	env := os.Environ()
	outcomes := make([]Started, 0, benchStarts)
	begin := time.Now()
	for i := range benchStarts {
		k.Start(&Spec{ID: uint64(i), Name: "p", Argv: argv, Env: env, Umask: -1})
	}
	for range benchStarts {
		s := started(b, k)
		if s.Err != nil {
			b.Fatal(s.Err)
		}
		outcomes = append(outcomes, s)
	}
	took := time.Since(begin)
	for _, s := range outcomes {
		k.Signal(s.Pid, syscall.SIGKILL, false)
	}
	for _, s := range outcomes {
		exited(b, k)
		closeFD(&s.Stdin)
		closeFD(&s.Stdout)
		closeFD(&s.Stderr)
	}
	return took
}
