package httpd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"
)

const (
	firstBuffer = 4 << 10   // what a connection costs
	keptBuffer  = 64 << 10  // bigger buffers are given up after the request; those for replies are shared
	writeSlice  = 256 << 10 // each gets its own deadline
	lingerFor   = 2 * time.Second
	holdMost    = 8 << 10 // replies to pipelined requests go out together, up to that size
)

// conn is a connection and the request it is at. Everything but idle belongs to its goroutine.
type conn struct {
	s        *Server
	endpoint *endpoint
	nc       net.Conn
	peer     string // for the log: IP:PORT, or localhost:0 for a unix socket
	ctx      context.Context
	cancel   context.CancelFunc
	watch    watch
	idle     atomic.Bool // waiting for the first byte of a request

	buf  []byte // buf[r:w] was received and not yet used
	r, w int
	err  error // of a read made while a request was in progress: nothing more will come
	out  []byte
	held []byte // replies, sent before anything is waited for
	big  []byte // a body that was not in buf

	head   head
	uri    string // decoded
	target target
	body   []byte
	keep   bool // the connection goes on after the reply
	linger bool // the client may be sending: let it, for a moment, or it might never see the reply
}

func (c *conn) serve() {
	defer c.end()
	defer c.flush()
	for c.readHead() {
		c.request()
		c.shareOut()
		if !c.keep || c.err != nil {
			return
		}
		if cap(c.big) > keptBuffer {
			c.big = nil
		}
	}
}

func (c *conn) end() {
	c.cancel()
	if c.linger {
		c.lingerOn()
	}
	_ = c.nc.Close()
	c.s.forget(c)
}

// lingerOn takes what the client is still sending. Closing at once would reset the connection and with it the reply.
func (c *conn) lingerOn() {
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_ = c.nc.SetReadDeadline(time.Now().Add(lingerFor))
	for c.s.ctx.Err() == nil {
		if _, err := c.nc.Read(c.buf); err != nil {
			return
		}
	}
}

// readHead reads up to the end of the next head and parses it. false: the connection is at its end.
func (c *conn) readHead() bool {
	limits := &c.s.options.Limits
	if c.r == c.w {
		c.r, c.w = 0, 0
		if !c.flush() {
			return false
		}
		c.held = nil
		c.idle.Store(true)
		_ = c.nc.SetReadDeadline(time.Now().Add(limits.IdleFor))
		if c.s.stopping() || !c.fill() {
			return false
		}
		c.idle.Store(false)
	}
	for searched, first := 0, true; ; first = false {
		have := c.buf[c.r:c.w]
		if n := bytes.Index(have[searched:], headEnd); n >= 0 {
			end := searched + n
			c.r += end + len(headEnd)
			if end > limits.Head {
				return c.parseHead(nil)
			}
			return c.parseHead(have[:end])
		}
		if len(have) > limits.Head {
			return c.parseHead(nil)
		}
		searched = max(0, len(have)-len(headEnd)+1)
		if first {
			_ = c.nc.SetReadDeadline(time.Now().Add(limits.HeadFor))
		}
		if !c.fill() {
			return false
		}
	}
}

// parseHead answers what is no request itself. nil stands for a head that is too long.
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
	c.refuse(http.StatusBadRequest)
	return false
}

// fill reads once. The buffer grows, or what it holds moves to its front: slices of it are void afterwards.
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
	n, err := c.nc.Read(c.buf[c.w:])
	c.w += n
	return err == nil
}

// readBody makes c.body the n bytes after the head. It reads nothing beyond them, so that slices of the head stay good.
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
	for len(c.big) < n {
		if cap(c.big) == len(c.big) {
			// Room for what was announced comes only with what was sent.
			room := min(n, max(2*len(c.big), keptBuffer))
			c.big = append(make([]byte, 0, room), c.big...)
		}
		m, err := c.nc.Read(c.big[len(c.big):min(n, cap(c.big))])
		c.big = c.big[:len(c.big)+m]
		if err != nil && len(c.big) < n {
			return false
		}
	}
	c.body = c.big
	return true
}

// request answers the request whose head was parsed.
func (c *conn) request() {
	defer c.watch.end(c)
	defer c.recover()
	v := string(c.head.version)
	c.keep = v != "" && v != "1.0" && !c.head.is("Connection", "close") || v == "1.0" && c.head.is("Connection", "keep-alive")
	if code := c.endpoint.authorize(&c.head); code == http.StatusUnauthorized {
		c.keep, c.linger = false, true
		c.send(errorBody(c.begin(), code), code, "text/html", "WWW-Authenticate: Basic realm=\"default\"\r\nConnection: close\r\n")
		return
	} else if code != 0 {
		c.refuse(code)
		return
	}
	if _, coded := c.head.get("Transfer-Encoding"); coded {
		c.refuse(http.StatusLengthRequired) // checklist 215
		return
	}
	n, known, code := c.head.contentLength(c.s.options.Limits.Body)
	if code != 0 {
		c.refuse(code)
		return
	}
	if !c.readBody(n) {
		c.keep = false
		return
	}
	c.uri = decodeURI(c.head.uri)
	c.target = splitURI(c.uri)
	c.route()(c, known)
	c.body = nil
}

// recover keeps a mistake in a handler from ending the daemon.
func (c *conn) recover() {
	r := recover()
	if r == nil {
		return
	}
	c.keep = false
	if r == http.ErrAbortHandler {
		return
	}
	c.s.log(Critical, fmt.Sprintf("Handling request %q raised an unexpected exception: %v\n%s", c.head.line, r, debug.Stack()))
	if !c.watch.replied {
		c.error(http.StatusInternalServerError)
	}
}

// hold keeps a reply to be sent with the next one: if the client has sent the next request already. false: it has to be sent.
func (c *conn) hold(b []byte) bool {
	if !c.keep || c.r == c.w || len(c.held)+len(b) > holdMost {
		return false
	}
	c.watch.replied = true
	c.held = append(c.held, b...)
	return true
}

// flush sends what is held: replies to requests before this one.
func (c *conn) flush() bool {
	held := c.held
	c.held = held[:0]
	return c.push(held)
}

// write sends b, after what is held. false: the connection is no good any more.
func (c *conn) write(b []byte) bool {
	c.watch.replied = true
	if len(c.held) > 0 && len(b) <= holdMost {
		c.held = append(c.held, b...)
		return c.flush()
	}
	return c.flush() && c.push(b)
}

func (c *conn) push(b []byte) bool {
	for len(b) > 0 {
		n := min(len(b), writeSlice)
		_ = c.nc.SetWriteDeadline(time.Now().Add(c.s.options.Limits.WriteFor))
		var err error
		if n > keptBuffer {
			err = inTurn(c.nc, b[:n])
		} else {
			_, err = c.nc.Write(b[:n])
		}
		if err != nil {
			c.keep, c.linger = false, false
			return false
		}
		b = b[n:]
	}
	return true
}

// isTimeout tells a deadline from the end of a connection.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
