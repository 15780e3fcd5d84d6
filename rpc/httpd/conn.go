package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"reeve/rpc/budget"
	"reeve/rpc/caller"
	"reeve/rpc/carry"
	"reeve/rpc/transport"
	"reeve/supervisor/process"
)

const (
	firstBuffer = 4 << 10 // the least a connection costs
	// bigger buffers are dropped after the request
	keptBuffer = 64 << 10
	writeSlice = 256 << 10 // each slice gets its own deadline
	lingerFor  = 2 * time.Second
	// replies to pipelined requests go out together, up to this size
	holdMost = 8 << 10
)

// conn is a connection and its current request. All but idle, waiting and served belongs
// to its goroutine.
type conn struct {
	s        *Server
	endpoint *endpoint
	nc       net.Conn
	who      *caller.Identity
	ctx      context.Context // ends with the connection
	cancel   context.CancelFunc
	blank    *http.Request // has the context of requests; see identify
	watch    watch
	idle     atomic.Bool // waiting for the first byte of a request
	// since when it waits for its client, counted from began; 0: it does not; or evicted
	waiting atomic.Int64
	served  atomic.Bool // a request of it was admitted
	refused bool        // there is no room for it
	unheard bool        // no head has arrived yet
	account budget.Account
	carry   *carry.Carry

	buf  []byte // buf[r:w] is received and not yet used
	r, w int
	err  error // of a read during a request: nothing more will come
	out  []byte
	held []byte // replies, sent before the connection waits for anything
	big  []byte // a body that did not fit in buf
	raw  []byte // the request's head as it came; valid as long as head is

	// For the successor, see handover.go.
	parked  bool           // the connection goes on there
	again   []byte         // what is to be read again there
	unsent  []byte         // what the client has not taken in time
	resumed *HandedRequest // the next request was handed over; or, once parked, is
	ending  bool           // was handed over only for what was unsent

	head     head
	admitted bool // the client may do what it requests
	occupies bool // see occupy
	target   target
	mount    *transport.Mount
	body     []byte
	keep     bool // the connection goes on after the reply
	// take what the client still sends for a moment, or it may never see the reply
	linger bool
}

func (c *conn) serve() {
	defer c.end()
	defer c.flush()
	defer c.survive()
	for c.readHead() {
		c.request()
		if !c.parked {
			c.resumed = nil
		}
		if !c.keep || c.err != nil {
			return
		}
		if cap(c.out) > keptBuffer {
			c.out = nil
		}
		if cap(c.big) > keptBuffer {
			c.big = nil
		}
	}
}

func (c *conn) end() {
	c.cancel()
	if c.linger && !c.s.isCut() {
		c.lingerOn()
	}
	if c.s.isOver() && c.handOver() {
		c.linger = false
	}
	_ = c.nc.Close()
	c.s.forget(c)
}

// lingerOn reads what the client is still sending, for lingerFor at most. Closing at once
// would reset the connection, and the reply would be lost.
func (c *conn) lingerOn() {
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_ = c.nc.SetReadDeadline(time.Now().Add(lingerFor))
	c.await()
	for c.s.ctx.Err() == nil && !c.s.isOver() {
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
	c.admitted = false
	if c.refused {
		c.refuse(http.StatusServiceUnavailable)
		return
	}
	if code := c.endpoint.authorize(&c.head); code != 0 {
		c.unauthorized(code)
		return
	}
	c.target = splitURI(decodeURI(c.head.uri))
	c.mount = c.s.mounts.Find(c.target.path)
	site := caller.Script
	if b := c.head.hints(); b.browser {
		site = c.endpoint.site(&b, string(c.head.method), c.endpoint.trusts(c.who.IP))
		if !c.admit(&b, site) {
			return
		}
	}
	c.admitted = true
	c.served.Store(true)
	if _, coded := c.head.get("Transfer-Encoding"); coded {
		c.refuse(http.StatusLengthRequired) // fact 215: no chunked requests
		return
	}
	n, code := c.head.contentLength(c.s.options.Limits.Body)
	if code != 0 {
		c.refuse(code)
		return
	}
	if !c.readBody(n) {
		c.keep = false
		return
	}
	c.identify(site)
	c.handle()
	c.body = nil
}

// handle calls the handler of the request's mount. Connections are watched while it runs.
func (c *conn) handle() {
	if !c.mount.Prompt && !c.flush() {
		return
	}
	x := exchanges.Get().(*exchange)
	w, r := &x.response, x.take(c)
	c.begun(w)
	c.watch.begin(c, c.s.options.Limits.WatchFor)
	c.mount.Handler.ServeHTTP(w, r)
	c.watch.end(c)
	if c.carry.Handed() {
		c.interrupt(w)
	} else {
		w.finish()
	}
	x.release() // unless the handler has panicked
}

// release gives back the memory and room that the request held.
func (c *conn) release() {
	c.watch.end(c)
	c.account.Body.Release()
	c.account.Reply.Release()
	if c.occupies {
		c.occupies = false
		c.endpoint.long.Add(-1)
	}
}

// unauthorized answers a request without valid credentials.
func (c *conn) unauthorized(code int) {
	if _, given := c.head.get("Authorization"); given {
		if delay := c.s.refusals.add(c.endpoint.Section, c.who.IP, badLogin); delay > 0 && !c.pause(delay) {
			c.keep = false
			return
		}
	}
	if code != http.StatusUnauthorized {
		c.refuse(code)
		return
	}
	c.keep, c.linger = false, true
	c.send(transport.AppendErrorPage(c.begin(), code, ""), code, "text/html", "WWW-Authenticate: Basic realm=\"default\"\r\nConnection: close\r\n")
}

// pause waits for d, or until the server stops or the connection is closed to make room.
// false: it was closed.
func (c *conn) pause(d time.Duration) bool {
	c.await()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.s.stop:
	case <-c.s.over:
	case <-c.ctx.Done():
	}
	return c.proceed()
}

// survive keeps a panic outside a handler from ending the daemon; it costs the
// connection.
func (c *conn) survive() {
	if r := recover(); r != nil {
		c.keep, c.linger = false, false
		c.s.crashed(fmt.Sprintf("Reading a request from %s", c.who.Address), r)
	}
}

func (s *Server) crashed(doing string, r any) {
	s.log(process.Critical, fmt.Sprintf("%s raised an unexpected exception: %v\n%s", doing, r, debug.Stack()))
}

// recover keeps a panic in a handler from ending the daemon; the client gets status 500
// if nothing was sent.
func (c *conn) recover() {
	r := recover()
	if r == nil {
		return
	}
	c.keep = false
	if r == http.ErrAbortHandler {
		return
	}
	c.s.crashed(fmt.Sprintf("Handling request %q", transport.Shorten(c.head.line)), r)
	if !c.watch.replied {
		c.error(http.StatusInternalServerError)
	}
}

// hold keeps a reply to send it together with the next one, if the client has already
// sent the next request. false: it has to be sent now.
func (c *conn) hold(b []byte) bool {
	if !c.keep || c.r == c.w || len(c.held)+len(b) > holdMost {
		return false
	}
	c.watch.replied = true
	c.held = append(c.held, b...)
	return true
}

// flush sends the held replies to earlier requests.
func (c *conn) flush() bool {
	held := c.held
	c.held = held[:0]
	return c.push(held)
}

// write sends the held replies and then b. false: the connection is unusable.
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
		switch {
		case c.s.isCut():
			n, err = c.writeNow(b)
		case n > keptBuffer:
			n, err = inTurn(c.nc, b[:n])
		default:
			n, err = c.nc.Write(b[:n])
		}
		b = b[n:]
		switch late := c.s.isCut() && isTimeout(err); {
		case !c.proceed() || err != nil && !late:
			c.keep, c.linger = false, false
			return false
		case late:
			c.unsent = append(c.unsent, b...)
			return true
		}
	}
	return true
}

// isTimeout reports whether an error is a passed deadline, not the end of the connection.
func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
