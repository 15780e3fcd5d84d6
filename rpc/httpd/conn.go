package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"reeve/rpc/budget"
)

const (
	firstBuffer = 4 << 10   // what a connection costs
	keptBuffer  = 64 << 10  // bigger buffers are given up after the request; those for replies are shared
	writeSlice  = 256 << 10 // each gets its own deadline
	lingerFor   = 2 * time.Second
	holdMost    = 8 << 10 // replies to pipelined requests go out together, up to that size
)

// conn is a connection and the request it is at. Everything but idle, waiting and served belongs to its goroutine.
type conn struct {
	s        *Server
	endpoint *endpoint
	nc       net.Conn
	peer     string // for the log: IP:PORT, or localhost:0 for a unix socket
	ctx      context.Context
	cancel   context.CancelFunc
	addr     netip.Addr // of a TCP peer
	watch    watch
	idle     atomic.Bool   // waiting for the first byte of a request
	waiting  atomic.Int64  // since when for the client, after the server's begin; 0: not; evicted: closed for that
	served   atomic.Bool   // it has sent a request that was admitted
	refused  bool          // there is no room for it
	unheard  bool          // no head has come yet
	inbound  *budget.Share // of memory for the body
	outbound *budget.Share // and for the reply

	buf  []byte // buf[r:w] was received and not yet used
	r, w int
	err  error // of a read made while a request was in progress: nothing more will come
	out  []byte
	held []byte // replies, sent before anything is waited for
	big  []byte // a body that was not in buf

	head     head
	site     Site
	admitted bool   // the client may do what it asks for
	occupies bool   // see occupy
	uri      string // decoded
	target   target
	body     []byte
	keep     bool // the connection goes on after the reply
	linger   bool // the client may be sending: let it, for a moment, or it might never see the reply
}

func (c *conn) serve() {
	defer c.end()
	defer c.flush()
	defer c.survive()
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
	c.await()
	for c.s.ctx.Err() == nil {
		if _, err := c.nc.Read(c.buf); err != nil {
			return
		}
	}
}

// request answers the request whose head was parsed.
func (c *conn) request() {
	defer c.release()
	defer c.recover()
	v := string(c.head.version)
	c.keep = v != "" && v != "1.0" && !c.head.is("Connection", "close") || v == "1.0" && c.head.is("Connection", "keep-alive")
	c.site, c.admitted = Script, false
	if c.refused {
		c.refuse(http.StatusServiceUnavailable)
		return
	}
	if code := c.endpoint.authorize(&c.head); code != 0 {
		c.unauthorized(code)
		return
	}
	c.uri = decodeURI(c.head.uri)
	c.target = splitURI(c.uri)
	if b := c.head.hints(); b.browser && !c.admit(&b) {
		return
	}
	c.admitted = true
	c.served.Store(true)
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
	c.route().handle(c, known)
	c.body = nil
}

// release gives back what the request held.
func (c *conn) release() {
	c.watch.end(c)
	c.inbound.Release()
	c.outbound.Release()
	if c.occupies {
		c.occupies = false
		c.endpoint.long.Add(-1)
	}
}

// unauthorized answers a request without the right credentials.
func (c *conn) unauthorized(code int) {
	if _, given := c.head.get("Authorization"); given {
		if delay := c.s.refusals.add(c.endpoint.Section, c.addr, badLogin); delay > 0 && !c.pause(delay) {
			c.keep = false
			return
		}
	}
	if code != http.StatusUnauthorized {
		c.refuse(code)
		return
	}
	c.keep, c.linger = false, true
	c.send(errorBody(c.begin(), code, ""), code, "text/html", "WWW-Authenticate: Basic realm=\"default\"\r\nConnection: close\r\n")
}

// pause waits, and is over when the connection is wanted for somebody else. false: it is closed.
func (c *conn) pause(d time.Duration) bool {
	c.await()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.s.stop:
	case <-c.ctx.Done():
	}
	return c.proceed()
}

// survive keeps a mistake outside a handler from ending the daemon.
func (c *conn) survive() {
	if r := recover(); r != nil {
		c.keep, c.linger = false, false
		c.s.crashed(fmt.Sprintf("Reading a request from %s", c.peer), r)
	}
}

func (s *Server) crashed(doing string, r any) {
	s.log(Critical, fmt.Sprintf("%s raised an unexpected exception: %v\n%s", doing, r, debug.Stack()))
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
	c.s.crashed(fmt.Sprintf("Handling request %q", shorten(c.head.line)), r)
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
		c.await()
		_ = c.nc.SetWriteDeadline(time.Now().Add(c.s.options.Limits.WriteFor))
		var err error
		if n > keptBuffer {
			err = inTurn(c.nc, b[:n])
		} else {
			_, err = c.nc.Write(b[:n])
		}
		if !c.proceed() || err != nil {
			c.keep, c.linger = false, false
			return false
		}
		b = b[n:]
	}
	return true
}

// isTimeout tells a deadline from the end of a connection.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
