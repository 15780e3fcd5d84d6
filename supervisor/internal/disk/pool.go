package disk

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"reeve/supervisor/rescue"
)

// ErrBusy reports that work was refused because too much waits for its device already.
var ErrBusy = errors.New("too much waits for its file system")

// workers is how many requests and turns run at once, if Prepare finds room for that many
// threads.
const workers = 16

// pool carries out what its schedule decides.
type pool struct {
	where func(path string) place

	mu       sync.Mutex
	schedule *schedule
}

func newPool(workers int, where func(string) place) *pool {
	return &pool{where: where, schedule: newSchedule(workers)}
}

var shared = newPool(workers, whereIs)

// Do runs work that touches path, and returns when work has ended. On ErrBusy, work was
// not and will not be called. A panic in work is raised again in the caller.
func Do(path string, work func()) error { return shared.do(context.Background(), path, work) }

// Go runs work that touches path, and does not wait for it. On ErrBusy, work will not be
// called.
func Go(path string, work func()) error {
	if !shared.submit(path, &request{run: work}) {
		return refused(path)
	}
	return nil
}

// Try is Do for work that may fail.
func Try(path string, work func() error) (err error) {
	if refused := Do(path, func() { err = work() }); refused != nil {
		return refused
	}
	return err
}

// Get is Do for work with a result. It stops waiting when ctx ends; work may then still
// be running, and its result is dropped.
func Get[T any](ctx context.Context, path string, work func() (T, error)) (result T, err error) {
	type answer struct {
		result T
		err    error
	}
	answered := make(chan answer, 1)
	if err := shared.do(ctx, path, func() {
		result, err := work()
		answered <- answer{result, err}
	}); err != nil {
		return result, err
	}
	a := <-answered
	return a.result, a.err
}

func refused(path string) error { return fmt.Errorf("cannot use %s: %w", path, ErrBusy) }

// do returns when work or ctx has ended. Work that has not begun by then is withdrawn.
func (p *pool) do(ctx context.Context, path string, work func()) error {
	if ctx.Done() == nil && p.here(path, work) {
		return nil
	}
	ended := make(chan any, 1)
	r := &request{run: func() {
		defer func() { ended <- recover() }()
		work()
	}}
	if !p.submit(path, r) {
		return refused(path)
	}
	select {
	case panicked := <-ended:
		if panicked != nil {
			panic(panicked)
		}
		return nil
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		p.schedule.withdraw(r)
		return fmt.Errorf("cannot use %s: %w", path, ctx.Err())
	}
}

// here runs work on the calling goroutine if it can run at once, which saves two changes
// of goroutine: the pool bounds how many threads may be stuck, no matter whose they are.
func (p *pool) here(path string, work func()) bool {
	at := p.where(path)
	p.mu.Lock()
	l := p.schedule.begin(at)
	p.mu.Unlock()
	if l == nil {
		return false
	}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.schedule.done(l)
		p.employ()
	}()
	quiet(work)
	return true
}

func (p *pool) submit(path string, r *request) bool {
	at := p.where(path)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.schedule.add(at, r) {
		return false
	}
	p.employ()
	return true
}

// employ starts workers for everything that can run now. The caller holds mu.
func (p *pool) employ() {
	for l, run := p.schedule.next(); l != nil; l, run = p.schedule.next() {
		go func() {
			rescue.Vital("the workers for disks", func() { quiet(func() { p.work(l, run) }) })
		}()
	}
}

// work is a worker: it runs until the schedule has nothing more for it.
func (p *pool) work(l *line, run func()) {
	for l != nil {
		rescue.Run("work on a disk", run)
		p.mu.Lock()
		p.schedule.done(l)
		if l, run = p.schedule.next(); l != nil {
			p.employ() // the end of one may make room for two
		}
		p.mu.Unlock()
	}
}

// Task is recurring work on one file, such as writing what is queued for a log. Its
// methods never block, and may be called from any goroutine.
type Task struct {
	pool *pool
	line line
}

// NewTask makes a Task. turn is called after each Wake, one call at a time; several Wakes
// before turn begins count as one. A turn should be short, and call Wake if there is more
// to do, so that other files get their turns.
func NewTask(path string, turn func()) *Task { return newTask(shared, path, turn) }

func newTask(p *pool, path string, turn func()) *Task {
	return &Task{pool: p, line: line{place: p.where(path), turn: turn}}
}

// Wake schedules one more call of turn.
func (t *Task) Wake() {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	t.pool.schedule.wake(&t.line)
	t.pool.employ()
}

// Move makes the Task count for the device of path from its next turn on.
func (t *Task) Move(path string) {
	device := t.pool.where(path).device
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	t.line.to = device
}
