package httpd

import (
	"bytes"
	"errors"
	"net/http"
	"time"
)

// readHead reads up to the end of the next head and parses it. false: the connection
// ends. The first head must arrive within HeadFor of the connection, later ones within
// HeadFor of their first byte.
func (c *conn) readHead() bool {
	limits := &c.s.options.Limits
	if c.r == c.w {
		c.r, c.w = 0, 0
		if !c.flush() {
			return false
		}
		c.held = nil
		if len(c.buf) > 2*firstBuffer {
			c.buf = nil
		}
		c.idle.Store(true)
		patience := limits.IdleFor
		if c.unheard {
			patience = limits.HeadFor
		}
		_ = c.nc.SetReadDeadline(time.Now().Add(patience))
		if c.s.stopping() || !c.fill() {
			return false
		}
		c.idle.Store(false)
	}
	for searched, first := 0, true; ; first = false {
		if c.s.isOver() {
			c.park()
			return false
		}
		have := c.buf[c.r:c.w]
		if n := bytes.Index(have[searched:], headEnd); n >= 0 {
			if !c.proceed() {
				return false
			}
			c.unheard = false
			end := searched + n
			c.r += end + len(headEnd)
			c.raw = have[:end+len(headEnd)]
			if end > limits.Head {
				return c.parseHead(nil)
			}
			return c.parseHead(have[:end])
		}
		if len(have) > limits.Head {
			return c.parseHead(nil)
		}
		searched = max(0, len(have)-len(headEnd)+1)
		if first && !c.unheard {
			_ = c.nc.SetReadDeadline(time.Now().Add(limits.HeadFor))
		}
		if !c.fill() {
			return false
		}
	}
}

// parseHead parses a head; nil stands for one that is too long. It answers a bad head
// itself. false: the connection ends.
func (c *conn) parseHead(b []byte) bool {
	err := errGarbage
	if b != nil {
		err = c.head.parse(b)
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, errEmpty):
		return false
	}
	c.head = head{version: []byte("1.0"), line: []byte("-")}
	c.admitted = false
	c.refuse(http.StatusBadRequest)
	return false
}

// fill reads once into the buffer. The buffer may grow, or its contents move to the
// front: slices of it are invalid afterwards.
func (c *conn) fill() bool {
	if !c.flush() {
		return false
	}
	if c.r > 0 && c.w == len(c.buf) {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	if c.w == len(c.buf) {
		c.buf = append(c.buf, make([]byte, max(len(c.buf), firstBuffer))...)
	}
	c.await()
	if c.s.isOver() { // it may have begun before the deadline was set
		c.park()
		return false
	}
	n, err := c.nc.Read(c.buf[c.w:])
	c.w += n
	if err != nil && c.s.isOver() && isTimeout(err) {
		c.park()
	}
	return err == nil
}

// readBody sets c.body to the n bytes after the head. It reads nothing beyond them, so
// slices of the head stay valid. false: the body did not arrive, or there is no memory
// for it.
func (c *conn) readBody(n int) bool {
	if have := c.w - c.r; have >= n {
		c.body = c.buf[c.r : c.r+n]
		c.r += n
		return true
	}
	if !c.flush() {
		return false
	}
	c.big = append(c.big[:0], c.buf[c.r:c.w]...)
	c.r = c.w // the head's bytes stay where they are until the next fill
	_ = c.nc.SetReadDeadline(time.Now().Add(c.s.options.Limits.BodyFor))
	c.await()
	for len(c.big) < n {
		if c.s.isOver() {
			c.park(c.raw, c.big)
			return false
		}
		if cap(c.big) == len(c.big) {
			// The buffer grows with what was sent, not with what was announced.
			room := min(n, max(2*len(c.big), keptBuffer))
			if c.account.Body.Set(c.ctx, int64(room)) != nil {
				c.refuse(http.StatusServiceUnavailable)
				return false
			}
			c.big = append(make([]byte, 0, room), c.big...)
		}
		m, err := c.nc.Read(c.big[len(c.big):min(n, cap(c.big))])
		c.big = c.big[:len(c.big)+m]
		if err != nil && len(c.big) < n {
			if c.s.isOver() && isTimeout(err) {
				c.park(c.raw, c.big)
			}
			return false
		}
	}
	c.body = c.big
	return c.proceed()
}
