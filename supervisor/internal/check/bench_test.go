package check_test

import (
	"testing"
	"time"

	"reeve/config/health"
	"reeve/supervisor/internal/check"
)

// BenchmarkCheck is what one check of a healthy program costs the loop.
func BenchmarkCheck(b *testing.B) {
	p := check.Policy{Settings: health.Defaults()}
	p.Health = health.Target{Kind: health.TCP, Address: "127.0.0.1:80", Text: "tcp:127.0.0.1:80"}
	m, now := check.New("web", p), start0
	m.Started(now, 1, now)
	m.Running(now)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(30 * time.Second)
		m.Elapsed(now)
		m.Result(now, check.Result{ID: check.ID{Run: 1, Number: m.Number}})
		m.Deadline()
	}
}
