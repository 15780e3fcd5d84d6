package httpd

import (
	"net"
	"net/http"
	"syscall"

	"reeve/rpc/caller"
)

// peer returns who is at the other end of a connection. Nothing was checked yet.
func (e *endpoint) peer(nc net.Conn) *caller.Identity {
	who := &caller.Identity{Address: "localhost:0", Server: e.server}
	if e.Path != "" {
		who.Unix = peerProcess(nc)
	} else if a, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		who.Address, who.IP = a.String(), a.AddrPort().Addr().Unmap()
	}
	return who
}

// onSocket calls f with the descriptor of a connection or listener, if it has one.
func onSocket(socket any, f func(fd int)) {
	if c, ok := socket.(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { f(int(fd)) })
		}
	}
}

// identify makes the connection's context say who the client is, now that this was
// checked. Seldom does it say something else than for the request before.
func (c *conn) identify(site caller.Site) {
	if c.who.Site == site && c.blank != nil {
		return
	}
	who := *c.who
	who.Site = site
	if who.Auth = caller.Unasked; c.endpoint.Username != "" {
		who.User, who.Auth = c.endpoint.Username, caller.Password
	}
	c.who = &who
	c.blank = new(http.Request).WithContext(caller.With(c.ctx, c.who))
}
