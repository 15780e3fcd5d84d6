package supervisor

import (
	"context"
	"syscall"
)

// request is one message to the loop: a sealed sum type. serve runs on the loop's
// goroutine and must not block; replies go to channels with room for them.
type request interface {
	serve(l *loop)
}

// answer is the reply to a request: a value, or the error that says why there is none.
type answer[T any] struct {
	value T
	err   error
}

type reply[T any] chan answer[T]

func newReply[T any]() reply[T] { return make(reply[T], 1) }

func (r reply[T]) ok(v T)         { r <- answer[T]{value: v} }
func (r reply[T]) fail(err error) { r <- answer[T]{err: err} }

// ask posts r and waits for its reply, the end of the context or the loop's end,
// whichever comes first.
func ask[T any](ctx context.Context, s *Supervisor, r request, c reply[T]) (T, error) {
	var zero T
	select {
	case s.requests <- r:
	case <-ctx.Done():
		return zero, ctx.Err()
	case <-s.ended:
		return zero, ErrStopped
	}
	select {
	case a := <-c:
		return a.value, a.err
	case <-ctx.Done():
		return zero, ctx.Err()
	case <-s.ended:
	}
	select { // the loop may have answered just before it ended
	case a := <-c:
		return a.value, a.err
	default:
		return zero, ErrStopped
	}
}

// refuseEnding refuses a request that would start or change something while the daemon
// ends, and reports whether it did. Whatever was checked before the request was posted,
// what counts is the state when it is carried out.
func refuseEnding[T any](l *loop, r reply[T]) bool {
	if l.state == Running {
		return false
	}
	r.fail(ErrEnding)
	return true
}

// none is the value of requests that only succeed or fail.
type none = struct{}

// The requests. Those that start or stop several processes are in job.go.
type (
	allInfoRequest struct{ reply reply[[]*Info] }
	infoRequest    struct {
		name  Name
		reply reply[*Info]
	}
	allConfigRequest struct{ reply reply[[]ConfigInfo] }
	groupsRequest    struct{ reply reply[[]string] }
	moodRequest      struct { // Shutdown or Restarting
		state State
		reply reply[none]
	}
	daemonSignal struct{ sig syscall.Signal }
	startRequest struct {
		children []*child
		refused  []error // per child: what the command check found; nil: nothing wrong
		wait     bool
		reply    reply[[]Result]
	}
	stopRequest struct {
		target target
		wait   bool
		reply  reply[[]Result]
	}
	signalRequest struct {
		target target
		sig    syscall.Signal
		reply  reply[[]Result]
	}
	stdinRequest struct {
		name  Name
		data  []byte
		reply reply[none]
	}
	remoteCommRequest struct {
		kind, data string
		reply      reply[none]
	}
	logsRequest struct { // what to do with the open logs of a process
		name  Name
		clear bool // else only wait until everything is written
		reply reply[logWork]
	}
)

func (r allInfoRequest) serve(l *loop)   { r.reply.ok(l.publishSnapshot()) }
func (r allConfigRequest) serve(l *loop) { r.reply.ok(l.configInfo()) }

func (r infoRequest) serve(l *loop) {
	c, err := l.find(r.name)
	if err != nil {
		r.reply.fail(err)
		return
	}
	l.askedAlone()
	r.reply.ok(c.info())
}

func (r groupsRequest) serve(l *loop) {
	names := make([]string, len(l.groups))
	for i, g := range l.groups {
		names[i] = g.config.Name
	}
	r.reply.ok(names)
}

// serve lets a shutdown override a restart, but not the other way round (facts 118 and
// 119: TERM also ends a restart under way, HUP is ignored in a shutdown).
func (r moodRequest) serve(l *loop) {
	if r.state == Restarting && refuseEnding(l, r.reply) {
		return
	}
	l.setState(r.state)
	r.reply.ok(none{})
}

func (r daemonSignal) serve(l *loop) { l.signal(r.sig) }

func (r startRequest) serve(l *loop) { l.startJob(r) }
func (r stopRequest) serve(l *loop)  { l.stopJob(r) }

func (r signalRequest) serve(l *loop) {
	children, err := l.resolve(r.target)
	if err != nil {
		r.reply.fail(err)
		return
	}
	var results []Result
	for _, c := range children {
		switch {
		case c.machine.State.IsSignallable() && r.sig == NoSignal:
			results = append(results, Result{Name: c.name()})
		case c.machine.State.IsSignallable():
			results = append(results, Result{c.name(), l.signalChild(c, r.sig)})
		case r.target.single():
			results = append(results, Result{c.name(), ErrNotRunning})
		}
	}
	r.reply.ok(results)
}

func (r stdinRequest) serve(l *loop) {
	c, err := l.find(r.name)
	if err != nil {
		r.reply.fail(err)
		return
	}
	if err := l.sendStdin(c, r.data); err != nil {
		r.reply.fail(err)
		return
	}
	r.reply.ok(none{})
}

func (r remoteCommRequest) serve(l *loop) {
	l.publishRemote(r.kind, r.data)
	l.dispatch() // before the reply: waking the caller takes time
	r.reply.ok(none{})
}

func (r logsRequest) serve(l *loop) {
	c, err := l.find(r.name)
	if err != nil {
		r.reply.fail(err)
		return
	}
	r.reply.ok(l.logWork(c, r.clear))
}
