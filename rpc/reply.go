package rpc

import (
	"bytes"
	"context"

	"reeve/rpc/api"
	"reeve/rpc/budget"
	"reeve/rpc/carry"
	"reeve/rpc/xmlrpc"
)

// Results that may be large write themselves into the reply, and what they hold meanwhile
// is taken from the reply's budget.

// logText is a part of a log.
type logText []byte

// AppendXMLRPC makes room first: growing step by step would need it three times over.
func (t logText) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.Grow(xmlrpc.TextSize(t))
	e.Text(t)
}

// tailed is the result of a tail.
type tailed struct {
	text     logText
	next     int64
	overflow bool
}

// AppendXMLRPC writes an array.
func (t tailed) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginArray()
	e.Value(t.text)
	e.Int(t.next)
	e.Bool(t.overflow)
	e.EndArray()
}

const multicallName = "system.multicall"

// batch is the result of a multicall. Its calls are carried out while it is written, so
// that the result of only one of them is held besides the reply; a call whose result does
// not fit is answered with a fault. Those that are left when the client has gone are not
// carried out.
type batch struct {
	s     *Server
	ctx   context.Context
	calls []any
}

// AppendXMLRPC carries out the calls.
func (b batch) AppendXMLRPC(e *xmlrpc.Encoder) {
	e.BeginArray()
	c, begun := carry.Of(b.ctx), len(e.Bytes())
	var done batchDone
	if c.Load(batchKey, &done) && done.Calls <= len(b.calls) {
		b.calls = b.calls[done.Calls:]
		e.Raw(done.Results)
	}
	for value, f := range b.results {
		before := len(e.Bytes())
		if f == handedOver && c.Handed() {
			done.Results = bytes.Clone(e.Bytes()[begun:])
			c.Leave(batchKey, done)
			return
		}
		done.Calls++
		if f == nil {
			e.Value(value)
			if f = afford(b.ctx, len(e.Bytes())); f != nil {
				e.Cut(before)
			}
		}
		if f != nil {
			e.Value(f)
		}
	}
	e.EndArray()
}

// results carries the calls out, one after the other.
func (b batch) results(yield func(any, *xmlrpc.Fault) bool) {
	for _, c := range b.calls {
		if b.ctx.Err() != nil || !yield(b.s.callStruct(b.ctx, c.(xmlrpc.Struct))) {
			return
		}
	}
}

// afford makes the reply's share of the budget what the reply holds.
func afford(ctx context.Context, size int) *xmlrpc.Fault {
	return faultOf(tooLarge(budget.Of(ctx).Set(ctx, int64(size))), "")
}

func tooLarge(err error) error {
	if err == nil {
		return nil
	}
	return faultText(api.Failed, "the reply is too large: "+err.Error())
}

// plain is a result as callers in this process want it.
func plain(v any) any {
	switch v := v.(type) {
	case logText:
		return string(v)
	case tailed:
		return []any{string(v.text), v.next, v.overflow}
	case batch:
		values := make([]any, 0, len(v.calls))
		for value, f := range v.results {
			value = plain(value)
			if f != nil {
				value = xmlrpc.Struct{{Name: "faultCode", Value: int64(f.Code)}, {Name: "faultString", Value: f.Text}}
			}
			values = append(values, value)
		}
		return values
	}
	return v
}
