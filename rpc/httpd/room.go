package httpd

import (
	"fmt"
	"syscall"
	"time"

	"reeve/rpc/budget"
	"reeve/supervisor/process"
)

// A listener has room for a number of connections. When it is full, the one that has
// waited longest for its client is closed for a new one; for a client that has sent no
// request yet, time counts more. Only requests that take long on our side (waiting calls,
// streams) can't be given up; they get a part of the room, so that some always remains
// for short requests.
const (
	defaultConnections = 512

	// surplus is how many connections beyond the limit get status 503; further ones are
	// closed without an answer.
	surplus = 16
	// unservedFactor is how much more waiting counts for clients that have sent no
	// request.
	unservedFactor = 10
	// busyFor is how long a client that holds memory of the budget may keep others
	// waiting.
	busyFor = time.Second
	// leastConnections is the room of a listener even where descriptors are short.
	leastConnections = 16
)

// evicted is the value of conn.waiting once the connection was closed to make room.
const evicted = -1

// await records that this connection waits for its client: it may be closed to make room
// from now on.
func (c *conn) await() { c.waiting.CompareAndSwap(0, max(1, int64(time.Since(c.s.began)))) }

// proceed ends what await began. false: the connection was closed to make room.
func (c *conn) proceed() bool { return c.waiting.Load() == 0 || c.waiting.Swap(0) != evicted }

// evict closes a connection to make room. It returns false if waiting is no longer since:
// the connection has gone on meanwhile.
func (c *conn) evict(since int64) bool {
	if !c.waiting.CompareAndSwap(since, evicted) {
		return false
	}
	c.cancel()
	_ = c.nc.Close()
	return true
}

// longest finds the connection that has waited longest, among those for which agree is
// nil or true. A client that has just connected and is about to send its request must not
// be dropped before one that was served and keeps its connection idle; but a crowd of
// silent clients goes first. The caller holds s.mu.
func (s *Server) longest(conns map[*conn]struct{}, agree func(*conn) bool) (found *conn, since int64) {
	now, most := int64(time.Since(s.began)), int64(-1)
	for c := range conns {
		t := c.waiting.Load()
		if t <= 0 || agree != nil && !agree(c) {
			continue
		}
		age := max(now-t, 0)
		if !c.served.Load() {
			age *= unservedFactor
		}
		if age > most {
			found, since, most = c, t, age
		}
	}
	return found, since
}

// makeRoom closes the connection of an endpoint that has waited longest, and reports
// whether there was one. The caller holds s.mu.
func (e *endpoint) makeRoom(s *Server) bool {
	for range len(e.conns) {
		c, since := s.longest(e.conns, nil)
		if c == nil {
			return false
		}
		if c.evict(since) {
			delete(e.conns, c)
			return true
		}
	}
	return false
}

// enter registers a new connection, if necessary as one to be refused. false: it has to
// be closed.
func (e *endpoint) enter(c *conn) bool {
	if len(e.conns) >= e.room {
		switch {
		case e.makeRoom(c.s):
			e.full.note(c.s, process.Warn, fmt.Sprintf("%s has its %d connections (max_connections): the one that was idle for the longest time was closed", e.Section, e.room))
		case len(e.conns) >= e.room+surplus:
			return false
		default:
			c.refused = true
			e.full.note(c.s, process.Warn, fmt.Sprintf("%s has its %d connections (max_connections), all in use: new ones are refused", e.Section, e.room))
		}
	}
	e.conns[c] = struct{}{}
	return true
}

// sometimes limits a log line to once a minute. It is not safe for concurrent use.
type sometimes struct{ last time.Time }

func (o *sometimes) note(s *Server, level process.Level, line string) {
	if now := time.Now(); o.last.IsZero() || now.Sub(o.last) >= time.Minute {
		o.last = now
		s.log(level, line)
	}
}

// dropSlowest closes the connection of the client that has kept memory from others
// longest, by not reading its reply or not sending its request. It reports whether there
// was one.
func (s *Server) dropSlowest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := int64(time.Since(s.began))
	c, since := s.longest(s.conns, func(c *conn) bool {
		return c.account.Body.Held()+c.account.Reply.Held() > 0 && now-c.waiting.Load() > int64(busyFor)
	})
	return c != nil && c.evict(since)
}

// dropIdle frees a descriptor by closing the connection that has waited longest.
func (s *Server) dropIdle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, since := s.longest(s.conns, nil); c != nil && c.evict(since) {
		delete(c.endpoint.conns, c)
	}
}

// parts are the parts of the room that long requests may take, in quarters.
var parts = map[budget.Long]int{budget.Stream: 2, budget.Wait: 3}

// lasts counts the request as a long one until it is answered, and stops holding earlier
// replies. false: there are too many already, or the client can't be reached.
func (c *conn) lasts(kind budget.Long) bool {
	if c.occupies {
		return true
	}
	if !c.flush() {
		return false
	}
	if int(c.endpoint.long.Add(1)) > max(1, c.endpoint.room*parts[kind]/4) {
		c.endpoint.long.Add(-1)
		return false
	}
	c.occupies = true
	return true
}

// share sets the room of each endpoint. Half of the descriptors are for connections, the
// rest for programs, logs and everything else. Of that half, one half is kept for unix
// sockets, by which the machine's own administrator gets in.
func (s *Server) share(descriptors int) {
	count := map[bool]int{}
	for _, e := range s.endpoints {
		count[e.Path != ""]++
	}
	for _, e := range s.endpoints {
		part := descriptors / 2 / len(count) / count[e.Path != ""]
		want := e.MaxConnections
		if want <= 0 {
			want = defaultConnections
		}
		e.room = min(want, max(leastConnections, part))
		if e.MaxConnections > e.room && !e.taken {
			s.log(process.Warn, fmt.Sprintf("%s: max_connections is %d, but with %d file descriptors in all (minfds) only %d can be had",
				e.Section, e.MaxConnections, descriptors, e.room))
		}
	}
}

// descriptors returns how many descriptors the process may have open.
func descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return int(min(uint64(limit.Cur), 1<<30))
}
