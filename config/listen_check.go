package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"reeve/config/health"
)

// checkListen refuses sockets that can't work, and sets what follows from others.
func (p *program) checkListen() error {
	c := &p.process
	l := &c.Listen
	if len(l.Sockets) == 0 {
		if p.given("listen") {
			return errors.New("listen names no address")
		}
		*l = Listen{} // without the defaults
		return nil
	}
	if !strings.HasPrefix(p.name, "program:") {
		return errors.New("listen is for [program:x] only: an event listener talks to supervisord on its descriptors, and an fcgi-program has its socket")
	}
	unixes, seen := 0, map[string]bool{}
	for i := range l.Sockets {
		s := &l.Sockets[i]
		if s.Name == "" {
			if s.Name = c.Program; !isFDName(s.Name) {
				s.Name = "listen"
			}
		}
		if seen[s.URL()] {
			return fmt.Errorf("listen names %s twice", s.URL())
		}
		seen[s.URL()] = true
		if s.Network == "unix" {
			unixes++
		}
	}
	switch {
	case unixes == 0 && (p.given("listen_mode") || p.given("listen_owner")):
		return errors.New("listen_mode and listen_owner are for unix sockets, and listen names none")
	case unixes == len(l.Sockets) && l.ReusePort:
		return errors.New("listen_reuseport is for tcp sockets, and listen names none")
	case l.FCGI && len(l.Sockets) != 1:
		return fmt.Errorf("listen_style=fcgi passes one socket on, and listen names %d", len(l.Sockets))
	case len(l.Sockets) > mostListen:
		return fmt.Errorf("listen names %d sockets; %d are possible", len(l.Sockets), mostListen)
	case !l.FCGI && c.Checks.Ready.FD != 0 && c.Checks.Ready.FD < firstListen+len(l.Sockets):
		return fmt.Errorf("ready=fd:%d is one of the descriptors of listen; the first free one is %d", c.Checks.Ready.FD, firstListen+len(l.Sockets))
	}
	if l.Owner == nil && unixes > 0 && c.User != nil && int(c.User.UID) != os.Getuid() {
		l.Owner = &Owner{int(c.User.UID), int(c.User.GID)}
	}
	return first(p.checkProbes, p.checkOnConnect)
}

// checkProbes refuses checks that our own socket would answer.
func (p *program) checkProbes() error {
	c := &p.process
	for i, t := range [...]health.Target{c.Checks.Ready, c.Checks.Health} {
		if (t.Kind == health.TCP || t.Kind == health.Unix) && c.Listen.has(t) {
			return fmt.Errorf("%s=%s says nothing about the program: supervisord itself listens there, and connections wait",
				[...]string{"ready", "health"}[i], t.Text)
		}
	}
	if t := c.Checks.Health; c.Listen.IdleTimeout > c.Checks.Interval && c.Listen.has(t) {
		return fmt.Errorf("idle_timeout is longer than health_interval, and each health=%s is a connection: the program would never be idle", t.Text)
	}
	return nil
}

// has reports whether a check connects to one of the sockets.
func (l *Listen) has(t health.Target) bool {
	return slices.ContainsFunc(l.Sockets, func(s ListenSocket) bool {
		if s.Network == "unix" || t.Kind == health.Unix {
			return s.Network == "unix" && t.Kind == health.Unix && s.Address == t.Address
		}
		address := t.Address
		if u, err := url.Parse(t.URL); err == nil && t.Kind == health.HTTP {
			address = net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme]))
		} else if t.Kind != health.TCP {
			return false
		}
		host, port, _ := net.SplitHostPort(address)
		own, ownPort, _ := net.SplitHostPort(s.Address)
		return port == ownPort && (sameHost(own) == "" || sameHost(own) == sameHost(host))
	})
}

// sameHost returns one name for all that mean this machine, and nothing for all addresses.
func sameHost(host string) string {
	switch host = strings.ToLower(host); host {
	case "127.0.0.1", "::1":
		return "localhost"
	case "0.0.0.0", "::":
		return ""
	}
	return host
}

// checkOnConnect refuses what can't be had together with start_on_connect.
func (p *program) checkOnConnect() error {
	c := &p.process
	l := &c.Listen
	switch {
	case c.OnConnect && c.Essential == EssentialExit:
		return errors.New("essential=exit and start_on_connect=true exclude each other: the next connection starts it again")
	case c.OnConnect && c.StartDelay > 0:
		return errors.New("start_delay and start_on_connect=true exclude each other: autostart waits for a connection")
	case l.IdleTimeout > 0 && !c.OnConnect:
		return errors.New("idle_timeout needs start_on_connect=true, or nothing would start the program again")
	case l.IdleTimeout > 0 && !seesConnections:
		return errors.New("idle_timeout needs Linux: elsewhere supervisord can't see the connections of a program")
	}
	return nil
}

// listeners refuses two programs that would listen at one address.
func (b *builder) listeners() error {
	type taken struct {
		section string
		reuse   bool
	}
	at := map[string]taken{}
	for _, g := range b.cfg.Groups {
		for _, p := range g.Processes {
			section := sectionName(g, p)
			if f := p.FastCGI; f != nil {
				at[f.Network+":"+f.Address] = taken{section, false}
			}
		}
	}
	for _, g := range b.cfg.Groups {
		for _, p := range g.Processes {
			section := sectionName(g, p)
			for _, s := range p.Listen.Sockets {
				reuse := p.Listen.ReusePort && s.Network == "tcp"
				if other, is := at[s.URL()]; is && other.section != section && !(reuse && other.reuse) {
					return fmt.Errorf("invalid listen value '%s', [%s] listens there as well, in section [%s] (file: '%s')",
						s.URL(), other.section, section, b.doc.origin[section])
				}
				at[s.URL()] = taken{section, reuse}
			}
		}
	}
	return nil
}
