// Package procstat measures how much CPU and memory process trees use.
//
// It asks the operating system about every process there is, which takes a few
// milliseconds per thousand processes. So it is called off the loop, and only while a
// client looks at the numbers. On Linux it only reads /proc; elsewhere the library
// underneath may run ps.
package procstat

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

// Usage is what a process and all its descendants use.
type Usage struct {
	// CPU is the number of cores kept busy since the previous sample: 0.5 is half a core.
	// It is 0 in a tree's first sample.
	CPU float64
	// Memory is the sum of the resident sets in bytes; memory that processes share is
	// counted in each.
	Memory uint64
	// Processes is the number of processes, the root included.
	Processes int
}

// Sampler takes samples and remembers the previous one. It is not safe for concurrent
// use.
type Sampler struct {
	last map[int32]float64 // CPU seconds by pid
	at   time.Time
}

// cacheBootTime keeps the library from asking for the boot time once per process. It is a
// setting of the library, so several Samplers must not set it at once.
var cacheBootTime = sync.OnceFunc(func() { process.EnableBootTimeCache(true) })

// Sample measures the trees below roots, which are process ids. A root that does not
// exist is not in the result; a process that ends during the measurement is left out. The
// error says that the processes can't be listed, or is the context's.
func (s *Sampler) Sample(ctx context.Context, roots []int) (map[int]Usage, error) {
	cacheBootTime()
	pids, err := process.PidsWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot list processes: %w", err)
	}
	now := time.Now()
	children := make(map[int32][]int32, len(pids))
	exists := make(map[int32]bool, len(pids))
	for _, pid := range pids {
		p := process.Process{Pid: pid}
		if ppid, err := p.PpidWithContext(ctx); err == nil {
			children[ppid] = append(children[ppid], pid)
			exists[pid] = true
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("cannot sample processes: %w", err)
	}
	m := measurement{sampler: s, ctx: ctx, children: children, now: make(map[int32]float64)}
	if !s.at.IsZero() {
		m.most = now.Sub(s.at).Seconds() * float64(runtime.NumCPU())
	}
	usages := make(map[int]Usage, len(roots))
	for _, root := range roots {
		if !exists[int32(root)] {
			continue
		}
		var u Usage
		m.tree(int32(root), &u)
		if !s.at.IsZero() {
			u.CPU /= max(now.Sub(s.at).Seconds(), 1e-3)
		}
		usages[root] = u
	}
	s.last, s.at = m.now, now
	return usages, nil
}

// measurement is one sample under way.
type measurement struct {
	sampler  *Sampler
	ctx      context.Context
	children map[int32][]int32
	now      map[int32]float64
	// The CPU seconds that a process can have used since the previous sample; 0: there
	// was none.
	most float64
}

// tree adds to u what pid and its descendants use. CPU holds seconds until the whole tree
// is known.
func (m *measurement) tree(pid int32, u *Usage) {
	if _, seen := m.now[pid]; seen {
		// A root below another root counts once; a pid reused during the sample can't
		// make a circle.
		return
	}
	p := process.Process{Pid: pid}
	if times, err := p.TimesWithContext(m.ctx); err == nil {
		total := times.User + times.System
		m.now[pid] = total
		before, known := m.sampler.last[pid]
		// A new process or a reused pid: all of its CPU time is recent, if it can be.
		if !known || total < before {
			before = 0
		}
		if spent := total - before; spent <= m.most {
			u.CPU += spent
		}
		u.Processes++
	} else {
		m.now[pid] = 0
	}
	if memory, err := p.MemoryInfoWithContext(m.ctx); err == nil && memory != nil {
		u.Memory += memory.RSS
	}
	for _, child := range m.children[pid] {
		m.tree(child, u)
	}
}
