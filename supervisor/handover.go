package supervisor

import (
	"context"
	"errors"
	"sync/atomic"
)

// ErrHandedOver: the loop has handed everything over to its successor. What was asked was
// not carried out, or it goes on there as the request's Job.
var ErrHandedOver = errors.New("handed over")

// Job is a start or stop as one who waits for it knows it: its number stays the same when
// the loop is handed over.
type Job struct{ id atomic.Uint64 }

// NewJob makes a Job: 0 for one to be, else the number of one that was accepted.
func NewJob(id uint64) *Job {
	j := new(Job)
	j.id.Store(id)
	return j
}

// ID returns the job's number; 0: the loop has not accepted it.
func (j *Job) ID() uint64 { return j.id.Load() }

// Accept sets the number.
func (j *Job) Accept(id uint64) { j.id.Store(id) }

type jobKey struct{}

// WithJob returns a context whose start or stop is j.
func WithJob(ctx context.Context, j *Job) context.Context {
	return context.WithValue(ctx, jobKey{}, j)
}

// JobOf returns the Job of a context, or nil.
func JobOf(ctx context.Context) *Job {
	j, _ := ctx.Value(jobKey{}).(*Job)
	return j
}
