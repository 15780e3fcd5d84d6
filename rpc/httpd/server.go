package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"reeve/rpc/budget"
	"reeve/rpc/caller"
	"reeve/rpc/carry"
	"reeve/rpc/transport"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
	"reeve/supervisor/safefile"
)

// Server is a set of open endpoints. Its methods are safe for concurrent use.
type Server struct {
	options   Options
	mounts    transport.Mounts
	endpoints []*endpoint

	began    time.Time
	memory   *budget.Budget
	refusals refusals

	ctx    context.Context // parent of every request's context
	cancel context.CancelFunc
	stop   chan struct{} // closed when streams are to end and connections not to be kept
	over   chan struct{} // closed by BeginHandOver
	cut    chan struct{} // closed by FinishHandOver

	mu     sync.Mutex
	conns  map[*conn]struct{}
	closed bool
	gone   bool // all was handed over
	handed Handed
	wg     sync.WaitGroup // goroutines that accept or serve

	waiting []*conn // until Serve: they were handed over
}

// endpoint is an Endpoint that is open.
type endpoint struct {
	Endpoint
	listener net.Listener
	socket   safefile.Entry // the socket file that we made
	server   caller.Server
	place    int  // in Server.endpoints
	taken    bool // not opened, but handed over

	room  int // how many connections it may have
	conns map[*conn]struct{}
	full  sometimes
	long  atomic.Int32 // long requests, see occupy
}

// Open opens the endpoints in the order given (fact 90: every server section is a server,
// in order; upstream opens TCP before unix sockets). Clients can connect from now on, and
// are answered once Serve is called. If one endpoint cannot be opened, the others are
// closed again; the error has upstream's text for a server that cannot be opened (fact
// 111) and can be shown unchanged.
func Open(endpoints []Endpoint, options Options) (*Server, error) {
	s := newServer(options)
	for _, e := range endpoints {
		opened, err := s.open(e)
		if err != nil {
			_ = s.Close()
			return nil, err
		}
		s.add(opened)
	}
	s.share(descriptors())
	return s, nil
}

func newServer(options Options) *Server {
	options.Limits.fill()
	s := &Server{
		options: options, began: time.Now(), conns: map[*conn]struct{}{},
		stop: make(chan struct{}), over: make(chan struct{}), cut: make(chan struct{}),
	}
	s.memory = budget.New(options.Memory, s.dropSlowest)
	s.refusals.most = options.Limits.DelayFor
	s.refusals.tell = func(line string) { s.log(process.Warn, line) }
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

func (s *Server) add(e *endpoint) {
	e.place = len(s.endpoints)
	s.endpoints = append(s.endpoints, e)
	s.handed.Endpoints = append(s.handed.Endpoints, HandedEndpoint{
		Section: e.Section, Path: e.Path, Host: e.Host, Port: e.Port, Descriptor: -1, Socket: e.socket,
	})
}

func (s *Server) open(e Endpoint) (*endpoint, error) {
	o := &endpoint{Endpoint: e, conns: map[*conn]struct{}{}}
	var err error
	if e.Path != "" {
		o.listener, o.socket, err = listenUnix(&e, s.stale)
	} else {
		o.listener, err = listenTCP(s.ctx, &e)
	}
	if err != nil {
		return nil, err
	}
	o.name()
	where := e.Host
	if e.Path != "" {
		where = e.Path
	}
	if s.tracing() {
		s.log(process.Trace, fmt.Sprintf("%s:HTTP server started at %s\n\tHostname: %s\n\tPort:%s", where, time.Now().Format(time.ANSIC), o.server.Name, o.server.Port))
	}
	for _, n := range s.options.Namespaces {
		s.log(process.Info, "RPC interface '"+n+"' initialized")
	}
	if e.Username == "" {
		s.log(process.Critical, "Server '"+e.Section+"' running without any HTTP authentication checking")
	}
	return o, nil
}

// name sets by which names the open endpoint is known.
func (e *endpoint) name() {
	server := &e.server
	server.Section = e.Section
	if e.Path != "" {
		server.Name, server.Port = "<unix domain socket>", e.Path
		return
	}
	server.Port = strconv.Itoa(e.Port)
	if server.Name = e.Host; e.Host == "" {
		server.Name, _ = os.Hostname()
	} else if strings.Contains(e.Host, ":") {
		server.Name = "[" + e.Host + "]" // it becomes part of URLs
	}
	if a, ok := e.listener.Addr().(*net.TCPAddr); ok {
		server.Port = strconv.Itoa(a.Port) // the port that the system chose for port 0
	}
}

func (s *Server) stale(path string) {
	if s.options.Stale != nil {
		s.options.Stale(path)
		return
	}
	fmt.Fprintf(os.Stderr, "Unlinking stale socket %s\n", path)
}

// Addrs returns the addresses that the endpoints listen on, in the order of Open.
func (s *Server) Addrs() []net.Addr {
	addrs := make([]net.Addr, len(s.endpoints))
	for i, e := range s.endpoints {
		addrs[i] = e.listener.Addr()
		if e.Path != "" {
			addrs[i] = &net.UnixAddr{Name: e.Path, Net: "unix"}
		}
	}
	return addrs
}

// Serve starts to answer requests and returns at once. It must be called only once.
//
// Handlers get requests whose Host may be empty and whose body was read, and must not use
// a request after they have returned. Their writer is an http.Flusher: what they write is
// sent when they flush (so server-sent events work), at the end, and whenever 64 KiB have
// collected; a reply that is never flushed has a Content-Length.
func (s *Server) Serve(m transport.Mounts) {
	s.mounts = m
	for _, c := range s.waiting {
		s.wg.Go(rescue.Around(connection, c.resume))
	}
	s.waiting = nil
	for _, e := range s.endpoints {
		l := e.listener
		s.wg.Go(func() { rescue.Keep(accepting, func() { s.accept(e, l) }) })
		if e.Path != "" {
			s.wg.Go(func() { rescue.Keep("watching a socket's file", func() { s.keepSocket(e) }) })
		}
	}
}

// Where panics happen, in reports.
const (
	connection = "a connection"
	accepting  = "accepting connections"
)

// accept serves the connections of a listener of an endpoint. When descriptors or memory
// run out, it closes an idle connection, waits and tries again; this is logged at most
// once a minute.
func (s *Server) accept(e *endpoint, l net.Listener) {
	pause := time.Duration(0)
	var short sometimes
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			s.start(e, nc)
			continue
		case s.stopping() || s.isOver() || errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, os.ErrDeadlineExceeded): // it has lost its file: remake
			_ = l.Close()
			return
		case errors.Is(err, syscall.ECONNABORTED), errors.Is(err, syscall.EINTR):
			continue
		}
		short.note(s, process.Error, fmt.Sprintf("cannot accept a connection to %s: %v", e.Section, err))
		s.dropIdle()
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		select {
		case <-time.After(pause):
		case <-s.over:
			return
		case <-s.stop:
			return
		}
	}
}

func (s *Server) newConn(e *endpoint, nc net.Conn) *conn {
	c := &conn{s: s, endpoint: e, nc: nc, who: e.peer(nc), unheard: true}
	c.account = budget.Account{Body: s.memory.Share(), Reply: s.memory.Share(), Lasts: c.lasts}
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	c.carry = carry.New(s.over)
	c.ctx = carry.With(budget.With(c.ctx, &c.account), c.carry)
	return c
}

func (s *Server) start(e *endpoint, nc net.Conn) {
	c := s.newConn(e, nc)
	c.await()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !e.enter(c) {
		c.cancel()
		_ = nc.Close()
		return
	}
	s.conns[c] = struct{}{}
	s.wg.Go(rescue.Around(connection, c.serve))
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	delete(c.endpoint.conns, c)
}

func (s *Server) stopping() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// Close stops listening, removes the socket files that this Server made, and drops all
// connections. When it returns, no handler is running.
func (s *Server) Close() error {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	return s.Shutdown(gone)
}

// Shutdown stops listening and removes the socket files, drops idle connections, and
// waits until the pending requests are answered or ctx ends; then it ends the contexts of
// the handlers, drops the remaining connections and waits for the handlers. Log streams
// end at once. It may be called again.
func (s *Server) Shutdown(ctx context.Context) error {
	if s.isCut() {
		return nil
	}
	err := s.unlisten()
	over := make(chan struct{})
	go rescue.Run("waiting for handlers", func() {
		s.wg.Wait()
		close(over)
	})
	select {
	case <-over:
	case <-ctx.Done():
	}
	s.cancel()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.nc.Close()
	}
	s.mu.Unlock()
	<-over
	s.refusals.close()
	return err
}

func (s *Server) unlisten() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.stop)
	var errs []error
	for _, e := range s.endpoints {
		if e.listener != nil { // else it could not be taken over
			errs = append(errs, e.close())
		}
	}
	for c := range s.conns {
		if c.idle.Load() {
			_ = c.nc.Close()
		}
	}
	return errors.Join(errs...)
}

// close closes the listener and removes its socket file, unless another file is in its
// place.
func (e *endpoint) close() error {
	err := e.removeSocket()
	return errors.Join(err, e.listener.Close())
}

func (e *endpoint) removeSocket() error {
	if e.Path == "" {
		return nil
	}
	dir, name, err := safefile.Parent(e.Path)
	if err != nil {
		return nil // then the file is not there either
	}
	defer dir.Close()
	if there, err := dir.Entry(name); err == nil && there == e.socket {
		if err := dir.Remove(name); err != nil {
			return fmt.Errorf("cannot remove socket %s: %v", e.Path, err)
		}
	}
	return nil
}

func (l *Limits) fill() {
	d := DefaultLimits
	for _, p := range []struct{ have, want *int }{{&l.Head, &d.Head}, {&l.Body, &d.Body}} {
		if *p.have <= 0 {
			*p.have = *p.want
		}
	}
	for _, p := range []struct{ have, want *time.Duration }{
		{&l.IdleFor, &d.IdleFor},
		{&l.HeadFor, &d.HeadFor},
		{&l.BodyFor, &d.BodyFor},
		{&l.WriteFor, &d.WriteFor},
		{&l.WatchFor, &d.WatchFor},
		{&l.DelayFor, &d.DelayFor},
	} {
		if *p.have <= 0 {
			*p.have = *p.want
		}
	}
}
