package supervisor

import (
	"context"
	"syscall"

	"reeve/supervisor/event"
)

// request is one message to the loop: a sealed sum type. serve runs on the loop's
// goroutine and must not block; replies go to channels with room for them.
type request interface {
	serve(l *loop)
}

// posted is a request on its way to the loop.
type posted struct {
	request
	reply any // of the request, by which its caller is known; nil: nobody waits
}

// errFell is the error of the request that a loop was serving when it panicked. It must
// not be asked again: the next loop would panic of it too.
var errFell = &FailedError{"supervisord failed while it did this; its log has the details"}

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
	case s.requests <- posted{r, c}:
	case <-ctx.Done():
		return zero, ctx.Err()
	case <-s.ended:
		return zero, endError(s)
	}
	select {
	case a := <-c:
		noted(s)
		return a.value, a.err
	case <-ctx.Done():
		return zero, ctx.Err()
	case <-s.ended:
	}
	select { // the loop may have answered just before it ended
	case a := <-c:
		return a.value, a.err
	default:
	}
	if s.unserved == any(c) {
		return zero, errFell
	}
	return zero, endError(s)
}

// noted waits, if there is a trail, until the turn is written down that a reply came from:
// what a caller was told holds after a sudden death, too.
func noted(s *Supervisor) {
	if s.loop == nil || s.loop.trail == nil {
		return
	}
	select {
	case s.requests <- posted{request: noteRequest{}}:
	case <-s.loop.left:
	}
}

// noteRequest is taken in the turn after another one.
type noteRequest struct{}

func (noteRequest) serve(*loop) {}

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
	stateRequest     struct { // Shutdown or Restarting
		state State
		reply reply[none]
	}
	daemonSignal  struct{ sig syscall.Signal }
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

func (r allInfoRequest) serve(l *loop)   { r.reply.ok(l.readers.publish(l.groups.roster)) }
func (r allConfigRequest) serve(l *loop) { r.reply.ok(l.groups.configInfo()) }

func (r infoRequest) serve(l *loop) {
	c, err := l.groups.find(r.name)
	if err != nil {
		r.reply.fail(err)
		return
	}
	l.readers.askedAlone(l.groups.roster)
	r.reply.ok(c.info())
}

func (r groupsRequest) serve(l *loop) {
	names := make([]string, len(l.groups.active))
	for i, g := range l.groups.active {
		names[i] = g.config.Name
	}
	r.reply.ok(names)
}

// serve lets a shutdown override a restart, but not the other way round (facts 118 and
// 119: TERM also ends a restart under way, HUP is ignored in a shutdown).
func (r stateRequest) serve(l *loop) {
	if r.state == Restarting && refuseEnding(l, r.reply) {
		return
	}
	l.setState(r.state)
	r.reply.ok(none{})
}

func (r daemonSignal) serve(l *loop) { l.signal(r.sig) }

func (r signalRequest) serve(l *loop) {
	children, err := l.groups.resolve(r.target)
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
			l.apply(c, c.machine.Signal(l.now, r.sig))
			results = append(results, Result{Name: c.name(), Err: c.failure()})
		case r.target.single():
			results = append(results, Result{Name: c.name(), Err: ErrNotRunning})
		}
	}
	r.reply.ok(results)
}

func (r stdinRequest) serve(l *loop) {
	c, err := l.groups.find(r.name)
	if err != nil {
		r.reply.fail(err)
		return
	}
	if err := l.streams.send(c, r.data); err != nil {
		r.reply.fail(err)
		return
	}
	r.reply.ok(none{})
}

func (r remoteCommRequest) serve(l *loop) {
	l.events.publish(event.RemoteCommunication(r.kind, r.data))
	l.dispatch() // before the reply: waking the caller takes time
	r.reply.ok(none{})
}

func (r logsRequest) serve(l *loop) {
	c, err := l.groups.find(r.name)
	if err != nil {
		r.reply.fail(err)
		return
	}
	r.reply.ok(l.streams.logWork(c, r.clear))
}
