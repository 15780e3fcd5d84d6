package probe

import (
	"context"
	"errors"
	"slices"
	"sync"
	"syscall"

	"reeve/config/health"
	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/rescue"
)

// Report is what a Pool sends to the loop: Result, Start or Revoke.
type Report interface{ isReport() }

// Result is the outcome of a probe.
type Result struct{ check.Result }

// Start asks for the command of an exec probe. It is answered by Pool.Started.
type Start struct {
	ID   check.ID
	Argv []string
}

// Revoke gives a Start up that was not answered yet.
type Revoke struct{ ID check.ID }

func (Result) isReport() {}
func (Start) isReport()  {}
func (Revoke) isReport() {}

// Options are what New needs.
type Options struct {
	// Signal is that of the Kernel that starts the commands.
	Signal func(pid int, sig syscall.Signal, group bool) error
}

// Pool carries out probes. Its methods may be called from any goroutine, and none of them
// blocks.
type Pool struct {
	opt     Options
	reports chan Report
	ctx     context.Context // ends with the Pool
	close   context.CancelFunc
	http    *web

	mu       sync.Mutex
	kinds    [len(most)]kind
	jobs     map[check.ID]*job
	children map[int]*job // commands that were not reaped yet, by pid
}

// The kinds of probes, by what they need, and how many of each run at once.
const (
	onNetwork = iota
	onDisk
	byCommand
)

// onDisk is bounded by package disk, which lets no more than 256 wait for a device that
// hangs: here there is room for those of several such devices.
var most = [...]int{onNetwork: 128, onDisk: 1024, byCommand: 8}

// kind is the probes of a kind that run, and those that wait for their turn.
type kind struct {
	most    int
	running int
	late    int // of those that run: the ones that may take all their time
	queue   []*job
}

// may reports whether a probe can run now. Those that may take all their time get half of
// the room, so that servers that hang do not keep others waiting for long.
func (k *kind) may(j *job) bool {
	return k.running < k.most && (!j.Late || k.late < k.most/2)
}

// count counts a probe that begins (1) or ends (-1).
func (k *kind) count(j *job, n int) {
	k.running += n
	if j.Late {
		k.late += n
	}
}

// job is a probe that was asked for.
type job struct {
	check.Probe
	kind   int
	ctx    context.Context // ends when nobody is interested any more
	cancel context.CancelFunc
	run    *command // of an exec probe
}

// New returns a Pool that does nothing yet.
func New(opt Options) *Pool {
	p := &Pool{
		opt: opt, reports: make(chan Report), http: newWeb(),
		jobs: map[check.ID]*job{}, children: map[int]*job{},
	}
	for i := range p.kinds {
		p.kinds[i].most = most[i]
	}
	p.ctx, p.close = context.WithCancel(context.Background())
	return p
}

// Reports delivers results, and what the loop has to do for exec probes.
func (p *Pool) Reports() <-chan Report { return p.reports }

// Ask begins a probe as soon as it is its turn.
func (p *Pool) Ask(c check.Probe) {
	j := &job{Probe: c, kind: kindOf(c.Target)}
	j.ctx, j.cancel = context.WithCancel(p.ctx)
	if j.kind == byCommand {
		j.run = newCommand()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jobs[c.ID] = j
	if k := &p.kinds[j.kind]; k.may(j) {
		k.count(j, 1)
		go rescue.Run("the checks", func() { p.work(j) })
	} else {
		k.queue = append(k.queue, j)
	}
}

// kindOf says what a probe needs.
func kindOf(t health.Target) int {
	switch t.Kind {
	case health.Exec:
		return byCommand
	case health.File:
		return onDisk
	case health.Unix:
		if t.Address[0] != '@' {
			return onDisk
		}
	case health.TCP, health.HTTP:
	case health.None, health.Notify, health.Descriptor, health.Line: // nobody asks for these
	}
	return onNetwork
}

// Cancel drops a probe. Its result may be on its way already.
func (p *Pool) Cancel(id check.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	j := p.jobs[id]
	if j == nil {
		return
	}
	delete(p.jobs, id)
	j.cancel()
	k := &p.kinds[j.kind]
	k.queue = slices.DeleteFunc(k.queue, func(o *job) bool { return o == j })
}

// Close drops all probes and kills the commands that run. It does not wait for what may
// hang, and nothing is delivered afterwards.
func (p *Pool) Close() { p.close() }

// work carries out a probe, and those that wait.
func (p *Pool) work(j *job) {
	for j != nil {
		if rescue.Run("a check", func() { p.carryOut(j) }) != nil {
			p.report(j.ctx, Result{check.Result{ID: j.ID, Outcome: check.Inconclusive, Detail: "supervisord failed while it checked"}})
		}
		j = p.next(j)
	}
}

// next ends a job, and returns the one whose turn it is; nil if there is none.
func (p *Pool) next(done *job) (j *job) {
	done.cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.jobs[done.ID] == done {
		delete(p.jobs, done.ID)
	}
	k := &p.kinds[done.kind]
	k.count(done, -1)
	i := slices.IndexFunc(k.queue, k.may)
	if i < 0 || p.ctx.Err() != nil {
		return nil
	}
	j = k.queue[i]
	k.queue = slices.Delete(k.queue, i, i+1)
	k.count(j, 1)
	return j
}

// carryOut runs a probe and delivers its result.
func (p *Pool) carryOut(j *job) {
	ctx, done := context.WithTimeout(j.ctx, j.Timeout)
	defer done()
	r := check.Result{ID: j.ID}
	switch j.Target.Kind {
	case health.TCP:
		r.Outcome, r.Detail = verdict(ctx, j, dialTCP(ctx, j.Target.Address))
	case health.Unix:
		r.Outcome, r.Detail = verdict(ctx, j, dialUnix(ctx, j.Target.Address))
	case health.File:
		r.Outcome, r.Detail = verdict(ctx, j, lookFile(ctx, j.Target.Address, j.Since))
	case health.HTTP:
		var err error
		r.Output, err = p.http.get(ctx, j.Target.URL)
		r.Outcome, r.Detail = verdict(ctx, j, err)
	case health.Exec:
		r.Outcome, r.Detail, r.Output = p.command(ctx, j)
	case health.None, health.Notify, health.Descriptor, health.Line:
		r.Outcome, r.Detail = check.Inconclusive, "nothing to look at"
	}
	r.Late = errors.Is(ctx.Err(), context.DeadlineExceeded)
	p.report(j.ctx, Result{r})
}

// report delivers something, unless ctx ends first.
func (p *Pool) report(ctx context.Context, r Report) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case p.reports <- r:
		return true
	case <-ctx.Done():
		return false
	}
}

// Spec returns what the start of a command needs: everything is as for the program, whose
// Spec is given, but it gets no stdin, and its output goes into one pipe.
func Spec(program *spawn.Spec, id uint64, argv []string) *spawn.Spec {
	s := *program
	s.ID, s.Argv, s.MergeStderr, s.Before, s.Socket, s.Listen, s.Extra = id, argv, true, nil, nil, nil, 0
	return &s
}
