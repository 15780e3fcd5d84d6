// Package carry is how a request survives the replacement of the daemon that answers it.
//
// A daemon replaces itself by another image in the same process. Connections live on, and
// a request that is not answered yet is given to the successor as it arrived, together
// with its carry: what its handler left to itself. The successor calls the handler with
// that request as if it had just come, and the handler loads what it left.
//
// Only handlers that wait or stream need to know: they end when Over is closed (or what
// they call fails because it was handed over), Leave what they must not do twice, call
// HandOver and return. Whatever they write after HandOver, or wrote and did not flush, is
// not sent. A handler that just answers delays the replacement for that long.
package carry

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"sync/atomic"
)

// Carry belongs to one request at a time; its transport makes it. Its methods are safe
// for concurrent use. A nil Carry is that of a transport which hands nothing over: it is
// empty, never Over, and HandOver does nothing.
type Carry struct {
	over   <-chan struct{}
	handed atomic.Bool

	mu    sync.Mutex
	again bool
	left  map[string]json.RawMessage
}

// New makes a Carry; over is closed when requests are to be handed over.
func New(over <-chan struct{}) *Carry { return &Carry{over: over} }

// Renew makes it that of another request: a new one, or again one that was handed over
// with what its handler left.
func (c *Carry) Renew(again bool, left map[string]json.RawMessage) {
	c.handed.Store(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.again, c.left = again, left
}

// Again reports whether a predecessor has already begun to answer the request.
func (c *Carry) Again() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.again
}

// Left returns everything that the successor's handler will find.
func (c *Carry) Left() map[string]json.RawMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.left)
}

// Load sets *to to what was left under a key, and reports whether anything was.
func (c *Carry) Load(key string, to any) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	text, there := c.left[key]
	c.mu.Unlock()
	return there && json.Unmarshal(text, to) == nil
}

// Leave leaves a value under a key, in place of the one before. It panics if v can't be
// written as JSON: that is a mistake in the handler.
func (c *Carry) Leave(key string, v any) {
	if c == nil {
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic("carry: cannot leave " + key + ": " + err.Error())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == nil {
		c.left = map[string]json.RawMessage{}
	}
	c.left[key] = text
}

// Drop takes back what was left under a key.
func (c *Carry) Drop(key string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.left, key)
}

// Over is closed when handlers that do not end by themselves are to hand over.
func (c *Carry) Over() <-chan struct{} {
	if c == nil {
		return nil
	}
	return c.over
}

// IsOver reports whether Over is closed.
func (c *Carry) IsOver() bool {
	select {
	case <-c.Over():
		return true
	default:
		return false
	}
}

// HandOver leaves the rest of the request to the successor: from now on nothing is sent.
func (c *Carry) HandOver() {
	if c != nil {
		c.handed.Store(true)
	}
}

// Handed reports whether HandOver was called.
func (c *Carry) Handed() bool { return c != nil && c.handed.Load() }

type key struct{}

// With returns a context that carries the Carry of a request.
func With(ctx context.Context, c *Carry) context.Context { return context.WithValue(ctx, key{}, c) }

// Of returns the Carry of the request that a context is of, or nil.
func Of(ctx context.Context) *Carry {
	c, _ := ctx.Value(key{}).(*Carry)
	return c
}
