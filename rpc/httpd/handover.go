package httpd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
	"reeve/supervisor/safefile"
)

// Handed is a Server as plain data: what its successor, in this process or in the image
// that replaces it, needs to go on. The descriptors in it belong to nobody until Take.
type Handed struct {
	Endpoints []HandedEndpoint
	Conns     []HandedConn
}

// HandedEndpoint is a listener, and by what its endpoint is known again.
type HandedEndpoint struct {
	Section    string
	Path       string `json:",omitempty"`
	Host       string `json:",omitempty"`
	Port       int    `json:",omitempty"`
	Descriptor int
	Socket     safefile.Entry // the socket file that was made
}

// HandedConn is a connection between two steps.
type HandedConn struct {
	Endpoint   int // place in Handed.Endpoints
	Descriptor int
	// Unsent is what remains of earlier replies.
	Unsent []byte `json:",omitempty"`
	// End: nothing follows Unsent; with Linger, what the client still sends is taken for
	// a moment.
	End    bool `json:",omitempty"`
	Linger bool `json:",omitempty"`
	// Received is what the client sent and is not used yet; it begins with the Request
	// that is to be answered, if there is one.
	Received []byte         `json:",omitempty"`
	Request  *HandedRequest `json:",omitempty"`

	Heard, Served, Refused bool
}

// HandedRequest is a request whose handler handed it over.
type HandedRequest struct {
	Carry map[string]json.RawMessage `json:",omitempty"`
	Reply *HandedReply               `json:",omitempty"` // nil: nothing of it was sent
}

// HandedReply is a reply of which the head was sent.
type HandedReply struct {
	Code, Length, Sent int
	Chunked, Keep      bool
}

// Descriptors returns all descriptors, which an exec must leave open.
func (h Handed) Descriptors() []int {
	var all []int
	for _, e := range h.Endpoints {
		all = append(all, e.Descriptor)
	}
	for _, c := range h.Conns {
		all = append(all, c.Descriptor)
	}
	return all
}

// past is a deadline that has passed: what waits returns at once and loses nothing.
var past = time.Unix(1, 0)

// BeginHandOver begins to hand everything over. From now on no connection is accepted
// (clients that connect wait), no request begins, and handlers that run are asked to end
// (carry.Over). It must be called only once, after Serve, and FinishHandOver must follow.
func (s *Server) BeginHandOver() {
	close(s.over)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.endpoints {
		if l, ok := e.listener.(interface{ SetDeadline(time.Time) error }); ok {
			_ = l.SetDeadline(past)
		}
	}
	for c := range s.conns {
		_ = c.nc.SetReadDeadline(past)
	}
}

// FinishHandOver waits until no handler runs and returns everything. What clients do not
// take at once goes along. A request whose handler still runs when ctx ends is dropped,
// which is logged. The Server is of no use afterwards; closing it does nothing.
func (s *Server) FinishHandOver(ctx context.Context) Handed {
	close(s.cut)
	s.mu.Lock()
	for c := range s.conns {
		_ = c.nc.SetWriteDeadline(past)
	}
	s.mu.Unlock()
	over := make(chan struct{})
	go rescue.Run("waiting for handlers", func() {
		s.wg.Wait()
		close(over)
	})
	select {
	case <-over:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.gone = true, true
	close(s.stop)
	s.cancel()
	for c := range s.conns {
		s.log(process.Error, fmt.Sprintf("a request from %s was dropped: it could not be handed over in time", c.who.Address))
		_ = c.nc.Close()
	}
	s.refusals.close()
	for _, e := range s.endpoints {
		d, err := duplicate(e.listener)
		if err != nil {
			s.log(process.Critical, fmt.Sprintf("cannot hand over the socket of %s: %v", e.Section, err))
		} else {
			s.handed.Endpoints[e.place].Descriptor = d
		}
		_ = e.listener.Close()
	}
	return s.handed
}

// isOver reports whether the server is being handed over.
func (s *Server) isOver() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// isCut reports whether nothing waits for clients any more.
func (s *Server) isCut() bool {
	select {
	case <-s.cut:
		return true
	default:
		return false
	}
}

// park ends the connection's goroutine and leaves the connection to the successor. The
// parts are what was taken from the buffer and is to be read again.
func (c *conn) park(parts ...[]byte) {
	c.parked = true
	c.again = slices.Concat(append(parts, c.buf[c.r:c.w])...)
}

// overSoon is how long a handler may be ahead of BeginHandOver.
const overSoon = 5 * time.Second

// interrupt parks a request whose handler has handed it over.
func (c *conn) interrupt(w *response) {
	defer func() { c.keep = false }()
	select { // what it asked may have handed over a moment before the server does
	case <-c.s.over:
	case <-c.s.stop:
	case <-time.After(overSoon):
	}
	switch {
	case !c.s.isOver():
		if !w.streaming { // a mistake in the handler
			c.error(503)
		}
	case c.err == nil && !w.failed:
		c.resumed = &HandedRequest{Carry: c.carry.Left(), Reply: w.handed()}
		c.park(c.raw, c.body)
	}
}

// handed returns the reply if its head was sent.
func (w *response) handed() *HandedReply {
	if !w.streaming {
		return nil
	}
	return &HandedReply{w.code, w.length, w.sent, w.chunked, w.c.keep}
}

// handOver adds the connection to what is handed over, unless it has ended. Its socket is
// duplicated because package net closes its own.
func (c *conn) handOver() bool {
	if !c.parked && len(c.unsent) == 0 && !c.linger {
		return false
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.gone || c.waiting.Load() == evicted {
		return false
	}
	d, err := duplicate(c.nc)
	if err != nil {
		c.s.log(process.Error, fmt.Sprintf("cannot hand over the connection of %s: %v", c.who.Address, err))
		return false
	}
	c.s.handed.Conns = append(c.s.handed.Conns, HandedConn{
		Endpoint: c.endpoint.place, Descriptor: d, Unsent: c.unsent, End: !c.parked, Linger: c.linger,
		Received: c.again, Request: c.resumed, Heard: !c.unheard, Served: c.served.Load(), Refused: c.refused,
	})
	delete(c.s.conns, c)
	return true
}

// duplicate returns another descriptor of a socket.
func duplicate(socket any) (d int, err error) {
	d, err = -1, errors.New("it has no descriptor")
	onSocket(socket, func(fd int) { d, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3) })
	return d, err
}
