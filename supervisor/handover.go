package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/rescue"
)

// A Supervisor can hand over to another one in the same process, which may run another
// program by then (execve): programs, their pipes, what callers wait for and all deadlines
// go on (docs/upgrade.md).

// ErrHandedOver is the error of requests to a Supervisor that has handed over. Such a
// request was not carried out, unless it has a Job: then that goes on in the successor.
var ErrHandedOver = errors.New("the supervisor has handed over to its successor")

// Job names a start or stop that is under way, so that its caller can go on waiting for
// it at a successor. It is safe for concurrent use.
type Job struct{ id atomic.Uint64 }

// NewJob returns the Job with the number that a predecessor gave.
func NewJob(id uint64) *Job {
	j := &Job{}
	j.id.Store(id)
	return j
}

// ID returns the number; 0 while the request was not accepted.
func (j *Job) ID() uint64 { return j.id.Load() }

// Accept gives j its number. It is for whoever carries a request out; j may be nil.
func (j *Job) Accept(id uint64) {
	if j != nil {
		j.id.Store(id)
	}
}

type jobKey struct{}

// WithJob returns a context for one start or stop. If j has no number it gets one when the
// request is accepted; else the call does not ask for anything, but waits for the outcome
// of that job.
func WithJob(ctx context.Context, j *Job) context.Context { return context.WithValue(ctx, jobKey{}, j) }

// JobOf returns the Job of a context; nil: it has none.
func JobOf(ctx context.Context) *Job {
	j, _ := ctx.Value(jobKey{}).(*Job)
	return j
}

// continued returns the outcome of a job that a predecessor of s began, if ctx names one.
func continued(ctx context.Context, s *Supervisor) (results []Result, err error, ok bool) {
	j := JobOf(ctx)
	if j == nil || j.ID() == 0 {
		return nil, nil, false
	}
	r := continueRequest{j.ID(), newReply[[]Result]()}
	results, err = ask(ctx, s, r, r.reply)
	return results, err, true
}

// continueRequest waits for a job of a predecessor.
type continueRequest struct {
	id    uint64
	reply reply[[]Result]
}

func (r continueRequest) serve(l *loop) {
	if u, ok := l.jobs.unclaimed[r.id]; ok {
		delete(l.jobs.unclaimed, r.id)
		r.reply.ok(u.results)
		return
	}
	if l.jobs.open[r.id] == nil {
		r.reply.fail(fmt.Errorf("cannot wait for job %d: there is none", r.id))
		return
	}
	l.jobs.replies[r.id] = r.reply
}

// Handed is everything that a Supervisor leaves to its successor. It is opaque, and plain
// data for encoding/json; descriptors are in it by number.
type Handed struct {
	Loop    *saved
	Kernel  spawn.Handed
	Capture capture.Handed
	Sockets []launch.HandedSocket `json:",omitempty"`
	Notify  *handedNotifier       `json:",omitempty"`
	Mended  bool                  `json:",omitempty"` // after a panic
	Since   time.Duration         // on Monotonic: nothing was served from then on

	// After Recover: pipes are in place of Capture; adopted are children, by the row of
	// the start that was under way; heard is what listeners have answered, by row; unread
	// are the rows of those that have not read all of their stdin.
	marks   []capture.Mark // of the daemon that has died
	pipes   map[capture.ID]int
	adopted map[uint64]int
	heard   map[uint64][]byte
	unread  map[uint64]bool
}

// End has the successor stop everything and end with that status.
func (h *Handed) End(status int) { h.Loop.State, h.Loop.Status = Shutdown, status }

// Processes returns how many programs run.
func (h *Handed) Processes() int { return len(h.Kernel.Children) + len(h.Kernel.Kept) }

// Descriptors returns the descriptors that h speaks of, which have to outlive an execve.
func (h *Handed) Descriptors() []int {
	fds := h.Capture.Descriptors()
	for _, s := range h.Sockets {
		fds = append(fds, s.FD)
	}
	if h.Notify != nil {
		fds = append(fds, h.Notify.FD)
	}
	return fds
}

// Succession is how another Supervisor comes to follow one.
type Succession struct{ s *Supervisor }

// Succession returns the handle for that.
func (s *Supervisor) Succession() Succession { return Succession{s} }

// Saved returns a copy of the loop's state, as JSON that Handed.Loop is read from: with it
// another program can be asked whether it could go on from here.
func (n Succession) Saved(ctx context.Context) ([]byte, error) {
	r := savedRequest{newReply[[]byte]()}
	return ask(ctx, n.s, r, r.reply)
}

// HandOver ends Run, and has its Outcome hold what a successor needs. It returns when the
// request is accepted; while the daemon ends or restarts the error is ErrEnding.
func (n Succession) HandOver(ctx context.Context) error {
	r := handOverRequest{newReply[none]()}
	_, err := ask(ctx, n.s, r, r.reply)
	return err
}

// Flee has Run end as after HandOver, because of a panic outside the loop. It does not
// wait.
func (n Succession) Flee(p *rescue.Panic) {
	select {
	case n.s.falls <- p:
	default: // it is about to
	}
}

type (
	savedRequest    struct{ reply reply[[]byte] }
	handOverRequest struct{ reply reply[none] }
)

// serve encodes the state on the loop, because it refers to what the loop changes.
func (r savedRequest) serve(l *loop) {
	if refuseEnding(l, r.reply) {
		return
	}
	text, err := json.Marshal(l.save(l.mono()))
	if err != nil {
		r.reply.fail(fmt.Errorf("cannot encode the state: %w", err))
		return
	}
	r.reply.ok(text)
}

func (r handOverRequest) serve(l *loop) {
	if refuseEnding(l, r.reply) {
		return
	}
	l.leave, l.handing = true, true
	r.reply.ok(none{})
}
