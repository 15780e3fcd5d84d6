package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"reeve/config/pytext"
)

// servers reads every section whose name begins with that of a server section: first TCP,
// then unix, each in file order (fact 90).
func (b *builder) servers() error {
	for _, kind := range []struct {
		prefix string
		read   func(*section, *Server) error
	}{{"inet_http_server", b.inetServer}, {"unix_http_server", b.unixServer}} {
		for _, name := range b.doc.names() {
			if !strings.HasPrefix(name, kind.prefix) {
				continue
			}
			server := Server{Section: name}
			if err := kind.read(b.section(name, b.global), &server); err != nil {
				return err
			}
			b.cfg.Servers = append(b.cfg.Servers, server)
		}
	}
	b.cfg.ServerURL = serverURL(b.cfg.Servers)
	return nil
}

// serverURL returns the address that children get: the first unix server's, else that of
// the last TCP one. (Fact 91 says the first; the last is what was observed.)
func serverURL(servers []Server) string {
	url := ""
	for _, s := range servers {
		if s.Path != "" {
			return "unix://" + s.Path
		}
		host := s.Host
		switch host {
		case "":
			host = "localhost"
		case "::":
			host = "::1"
		}
		url = "http://" + net.JoinHostPort(strings.Replace(host, "%", "%25", 1), strconv.Itoa(s.Port))
	}
	return url
}

func (b *builder) inetServer(s *section, server *Server) error {
	return first(s.credentials, func() error { return s.read(server.inetOptions()) })
}

func (b *builder) unixServer(s *section, server *Server) error {
	options := server.unixOptions(b.cfg.Here)
	return first(
		func() error { return s.read(options[:1]) }, // the file comes before the credentials
		s.credentials,
		func() error { return s.read(options[1:]) },
	)
}

func parseSocketPath(text string) (string, error) {
	return absolute(tilde(strings.TrimFunc(text, pytext.IsSpace))), nil
}

func parseMode(text string) (uint32, error) {
	mode, err := ParseOctal(text)
	return uint32(mode), err
}

// credentials checks that username and password are given together (fact 89).
func (s *section) credentials() error {
	if s.given("username") != s.given("password") {
		return fmt.Errorf("Section [%s] contains incomplete authentication: If a username or a password is specified, "+
			"both the username and password must be specified", s.name)
	}
	return nil
}

// readAddress reads the host and port of a TCP server.
func (server *Server) readAddress(s *section, o *option) error {
	text, err := s.text(o)
	if err != nil {
		return err
	}
	if server.Host, server.Port, err = parseAddress(text); err == nil && strings.ContainsAny(server.Host, ":[]") {
		if server.Host, err = unbracketed(server.Host); err != nil {
			err = fmt.Errorf("invalid port value %s, an IPv6 address stands in brackets, as in [::1]:9001, in section %s (file: %s)",
				pytext.Repr(text), pytext.Repr(s.name), pytext.Repr(s.b.doc.origin[s.name]))
		}
	}
	return err
}

// parseAddress reads PORT, HOST:PORT, :PORT and *:PORT (fact 87).
func parseAddress(text string) (host string, port int, err error) {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		if port, err = ParseInt(text); err == nil {
			err = checkPort(port)
		}
		if err != nil {
			return "", 0, fmt.Errorf("not a valid port number: %s ", pytext.Repr(text))
		}
		return "", port, nil
	}
	host, number := strings.ToLower(text[:colon]), text[colon+1:]
	if number == "" {
		return "", 0, errors.New("no port number specified in ''")
	}
	if port, err = ParseInt(number); err != nil {
		return "", 0, err
	}
	if host == "*" {
		host = ""
	}
	return host, port, checkPort(port)
}

// unbracketed returns the IPv6 address of a host in brackets. Upstream takes such a host
// for a name and then fails to resolve it.
func unbracketed(host string) (string, error) {
	inner, opened := strings.CutPrefix(host, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	address, err := netip.ParseAddr(inner)
	if !opened || !closed || err != nil || !address.Is6() {
		return "", errors.New("not an IPv6 address in brackets")
	}
	return address.String(), nil
}

func checkPort(port int) error {
	switch {
	case port < 1:
		return fmt.Errorf("%d is below lower bound (1)", port)
	case port > 0xffff:
		return fmt.Errorf("%d is above upper bound (65535)", port)
	}
	return nil
}
