package rpc

import (
	"context"
	"errors"
	"strings"

	"reeve/rpc/api"
	"reeve/rpc/carry"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
)

// Handed is what a Server keeps for its clients, as plain data.
type Handed struct {
	// Caches are what the namespaces of supervisor_cache store, by name of the namespace.
	Caches map[string]HandedCache `json:",omitempty"`
}

// HandOver returns what the Server keeps. No call must be under way.
func (s *Server) HandOver() Handed {
	h := Handed{Caches: map[string]HandedCache{}}
	for name, c := range s.caches() {
		h.Caches[name] = c.handOver()
	}
	return h
}

func (s *Server) take(h Handed) {
	for name, c := range s.caches() {
		c.take(h.Caches[name])
	}
}

func (s *Server) caches() map[string]*cache {
	all := map[string]*cache{}
	for name, m := range s.methods {
		if namespace, ok := strings.CutSuffix(name, ".store"); ok && m.cache != nil {
			all[namespace] = m.cache
		}
	}
	return all
}

// handedOver is the fault of a call that the supervisor's successor is to carry out. No
// client sees it, unless its transport hands nothing over.
var handedOver = faultText(api.Failed, "the request was given up: supervisord is being replaced")

// The keys of what a call leaves in the carry of its request.
const (
	onlyCall = "call" // of an XML-RPC request, or the current one of its multicall
	batchKey = "multicall"
	markKey  = "mark"
	ownCarry = "" // the call sees to it itself
)

// Mark leaves a mark for the method's own execution in the successor, which finds it with
// Marked: it says that what must not be done twice has begun. A method that is to be
// executed again returns supervisor.ErrHandedOver.
func Mark(ctx context.Context, v any) { carry.Of(ctx).Leave(markKey, v) }

// Marked reports whether a predecessor of this execution has left a mark, and sets *to to
// it.
func Marked(ctx context.Context, to any) bool { return carry.Of(ctx).Load(markKey, to) }

// callDone is the outcome of a start or stop that was done when its request was handed
// over: the call is not the last one that its handler makes.
type callDone struct {
	Job    uint64 `json:",omitempty"` // not done: it goes on
	Done   bool   `json:",omitempty"`
	Result []byte `json:",omitempty"` // a document, see finished
	Fault  *xmlrpc.Fault
}

// batchDone is what was done of a multicall: of its first calls, the encoded results.
type batchDone struct {
	Calls   int
	Results []byte
}

// execution is one execution of a call.
type execution struct {
	ctx   context.Context
	carry *carry.Carry
	key   string
	job   *supervisor.Job
	again bool // a predecessor has begun it
}

// begin begins an execution of a call. Those that wait for nothing leave nothing.
func begin(ctx context.Context, key string, m *Method) execution {
	t := execution{ctx: ctx, carry: carry.Of(ctx), key: key}
	if t.carry == nil || m.Prompt || key == ownCarry {
		return t
	}
	var before callDone
	t.again = t.carry.Load(key, &before)
	t.job = supervisor.NewJob(before.Job)
	t.ctx = supervisor.WithJob(ctx, t.job)
	return t
}

// end notes the outcome, or that the request is to be handed over.
func (t *execution) end(value any, f *xmlrpc.Fault) {
	switch {
	case f == handedOver:
		if t.job != nil {
			t.carry.Leave(t.key, callDone{Job: t.job.ID()})
		}
		t.carry.HandOver()
	case t.job == nil:
	case t.key == onlyCall: // the next of a multicall is another one
		t.carry.Drop(onlyCall)
		t.carry.Drop(markKey)
	case f != nil:
		t.carry.Leave(t.key, callDone{Done: true, Fault: f})
	case t.job.ID() != 0:
		e := xmlrpc.Encoder{}
		e.Value(value)
		t.carry.Leave(t.key, callDone{Done: true, Result: e.Bytes()})
	}
}

// finished returns the outcome of a call that a predecessor has carried out for the same
// request.
func finished(ctx context.Context, key string) (value any, err error, done bool) {
	var d callDone
	if !carry.Of(ctx).Load(key, &d) || !d.Done {
		return nil, nil, false
	}
	if d.Fault != nil {
		return nil, d.Fault, true
	}
	call, err := xmlrpc.DecodeCall([]byte("<methodCall><methodName>x</methodName><params><param>" +
		string(d.Result) + "</param></params></methodCall>"))
	if err != nil || len(call.Params) != 1 {
		return nil, faultOf(errors.New("cannot read the result of a call that was handed over"), ""), true
	}
	return call.Params[0], nil, true
}
