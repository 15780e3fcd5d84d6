package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkStatus measures the CPU time (user and system, of the whole process) of
// `supervisorctl status` and of upstream's, alternating, against the same daemon. Run it
// with: go test -run '^$' -bench Status -benchtime 20x ./cmd/supervisorctl
func BenchmarkStatus(b *testing.B) {
	if _, err := os.Stat("/usr/bin/supervisorctl"); err != nil {
		b.Skip("upstream's supervisorctl is not installed")
	}
	for _, n := range []int{4, 100, 1000} {
		b.Run(fmt.Sprintf("processes=%d", n), func(b *testing.B) {
			dir, err := os.MkdirTemp("", "ctl")
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = os.RemoveAll(dir) })
			binary := filepath.Join(dir, "supervisorctl")
			if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, ".").CombinedOutput(); err != nil {
				b.Fatalf("cannot build: %v\n%s", err, out)
			}
			var infos []any
			for i := range n {
				infos = append(infos, info("group", fmt.Sprintf("process_%04d", i), "RUNNING", "pid 1234, uptime 1 day, 2:03:04", 1234))
			}
			f := newFake(b, map[string]any{"supervisor.getAllProcessInfo": infos})
			conf := filepath.Join(dir, "s.conf")
			if err := os.WriteFile(conf, []byte("[supervisorctl]\nserverurl="+f.url+"\n"), 0o600); err != nil {
				b.Fatal(err)
			}
			var ours, theirs time.Duration
			for b.Loop() {
				ours += cpuTime(b, binary, conf)
				theirs += cpuTime(b, "/usr/bin/supervisorctl", conf)
			}
			b.ReportMetric(ours.Seconds()*1000/float64(b.N), "ours-ms")
			b.ReportMetric(theirs.Seconds()*1000/float64(b.N), "theirs-ms")
			b.ReportMetric(ours.Seconds()/theirs.Seconds(), "ratio")
		})
	}
}

func cpuTime(b *testing.B, program, conf string) time.Duration {
	cmd := exec.Command(program, "-c", conf, "status")
	if out, err := cmd.Output(); err != nil || len(out) == 0 {
		b.Fatalf("%s: %v, %q", program, err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
