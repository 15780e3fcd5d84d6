package probe

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"reeve/config/health"
	"reeve/supervisor/internal/check"
)

func init() {
	parts["listen"] = func([]string) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			os.Exit(1)
		}
		fmt.Println(l.Addr())
		go func() {
			_, _ = os.Stdin.Read(make([]byte, 1))
			os.Exit(0)
		}()
		_ = http.Serve(l, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	}
}

// listening returns the address of a server in another process, so that its work is not
// counted.
func listening(b *testing.B) string {
	b.Helper()
	c := exec.Command(self(b), "listen")
	stdin, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		_ = c.Wait()
	})
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		b.Fatal("no address")
	}
	return lines.Text()
}

func used(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchmark measures the processor time of a check of a healthy program from its deadline
// to its verdict, and what 1,000 programs that are checked each 30 s cost: %core.
func benchmark(b *testing.B, target health.Target) {
	b.Helper()
	pool := newPool(b, Options{})
	policy := check.Policy{Settings: health.Defaults()}
	policy.Health = target
	m, now := check.New("web", policy), time.Now()
	m.Started(now, 1, now)
	m.Running(now)
	b.ReportAllocs()
	before := used(b)
	for b.Loop() {
		now = now.Add(policy.Interval)
		for _, e := range m.Elapsed(now) {
			if e, ok := e.(check.Probe); ok {
				pool.Ask(e)
			}
		}
		m.Result(now, (<-pool.Reports()).(Result).Result)
		if m.Health() != check.Good {
			b.Fatalf("it is %s: %s", m.Health(), m.Last.Detail)
		}
	}
	each := (used(b) - before) / time.Duration(b.N)
	b.ReportMetric(float64(each.Microseconds()), "cpu-µs/op")
	b.ReportMetric(100*float64(1000*each)/float64(30*time.Second), "%core")
}

func BenchmarkTCP(b *testing.B) { benchmark(b, tcp(listening(b))) }

func BenchmarkHTTP(b *testing.B) { benchmark(b, url("http://"+listening(b)+"/")) }
