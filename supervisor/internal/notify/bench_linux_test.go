package notify

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// cpu returns the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFlood is what a program costs that sends as fast as it can, from a process
// below its child: the part of a processor, and messages to the loop. Run with
// -benchtime 5x: one round is a second.
func BenchmarkFlood(b *testing.B) {
	s, _ := newServer(b, Options{})
	c := runAs(b, s, 1, "below", "flood")
	c.says(b, "floods")
	began, used, messages := time.Now(), cpu(b), 0
	for b.Loop() {
		for end := time.After(time.Second); end != nil; {
			select {
			case <-s.Messages():
				messages++
			case <-end:
				end = nil
			}
		}
	}
	took := time.Since(began)
	b.ReportMetric(100*float64(cpu(b)-used)/float64(took), "%cpu")
	b.ReportMetric(float64(messages)/took.Seconds(), "messages/s")
	c.stdin.Close()
}
