package httpd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// Take makes the Server that goes on with what another one handed over. It is Open with
// these listeners: an endpoint that none of them belongs to is opened, a listener that
// belongs to none is closed with its connections. After an error all is as before, and
// the descriptors are still nobody's.
func Take(endpoints []Endpoint, options Options, h Handed) (*Server, error) {
	s := newServer(options)
	places := make([]int, len(endpoints)) // in h.Endpoints, or -1
	for i, e := range endpoints {
		places[i] = slices.IndexFunc(h.Endpoints, func(o HandedEndpoint) bool {
			return o.Section == e.Section && o.Path == e.Path && o.Host == e.Host && o.Port == e.Port && o.Descriptor > 0
		})
		o := &endpoint{Endpoint: e, conns: map[*conn]struct{}{}, taken: places[i] >= 0}
		if !o.taken {
			var err error
			if o, err = s.open(e); err != nil {
				_ = s.Close()
				return nil, err
			}
		}
		s.add(o)
	}
	return s, s.take(places, h)
}

// take makes the listeners and connections ours.
func (s *Server) take(places []int, h Handed) error {
	var errs []error
	owners := map[int]*endpoint{}
	for i, e := range s.endpoints {
		if !e.taken {
			continue
		}
		o := h.Endpoints[places[i]]
		owners[places[i]] = e
		file := os.NewFile(uintptr(o.Descriptor), e.Section)
		l, err := net.FileListener(file)
		_ = file.Close()
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot take over the socket of %s: %w", e.Section, err))
			continue
		}
		e.listener, e.socket = l, o.Socket
		if u, ok := l.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(false)
		}
		e.name()
		s.handed.Endpoints[e.place].Socket = o.Socket
	}
	for i, o := range h.Endpoints {
		if owners[i] == nil && o.Descriptor > 0 {
			_ = unix.Close(o.Descriptor)
		}
	}
	s.share(descriptors())
	for _, o := range h.Conns {
		s.takeConn(owners[o.Endpoint], o)
	}
	if err := errors.Join(errs...); err != nil {
		_ = s.Close()
		return err
	}
	return nil
}

// takeConn makes a connection ours, or closes it if its endpoint or peer has gone.
func (s *Server) takeConn(e *endpoint, o HandedConn) {
	file := os.NewFile(uintptr(o.Descriptor), "connection")
	defer file.Close()
	if e == nil {
		return
	}
	nc, err := net.FileConn(file)
	if err != nil {
		return
	}
	if e.Path == "" && nc.RemoteAddr() == nil {
		_ = nc.Close()
		return
	}
	c := s.newConn(e, nc)
	c.buf, c.w = make([]byte, len(o.Received)+firstBuffer), len(o.Received)
	copy(c.buf, o.Received)
	c.unheard = !o.Heard && c.w == 0
	c.served.Store(o.Served)
	c.refused, c.linger, c.ending = o.Refused, o.Linger, o.End
	c.unsent, c.resumed = o.Unsent, o.Request
	s.conns[c], e.conns[c] = struct{}{}, struct{}{}
	s.waiting = append(s.waiting, c)
}

// begun makes the carry and the reply those of the request, which may have been handed
// over.
func (c *conn) begun(w *response) {
	w.begin(c)
	if c.resumed == nil {
		c.carry.Renew(false, nil)
		return
	}
	c.carry.Renew(true, c.resumed.Carry)
	if c.resumed.Reply != nil {
		w.goOn(c.resumed.Reply)
	}
}

// resume is serve for a connection that was handed over.
func (c *conn) resume() {
	goOn := func() bool {
		unsent := c.unsent
		c.unsent = nil
		_ = c.account.Reply.Set(c.ctx, int64(len(unsent))) // they fitted before
		defer c.account.Reply.Release()
		return c.push(unsent)
	}
	if goOn() && !c.ending {
		c.serve()
		return
	}
	c.end()
}
