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
		read   func(*section) (Server, error)
	}{{"inet_http_server", b.inetServer}, {"unix_http_server", b.unixServer}} {
		for _, name := range b.doc.names() {
			if !strings.HasPrefix(name, kind.prefix) {
				continue
			}
			server, err := kind.read(b.section(name, b.global))
			if err != nil {
				return err
			}
			server.Section = name
			if err := b.section(name, b.global).access(&server); err != nil {
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

func (b *builder) inetServer(s *section) (Server, error) {
	server, err := s.credentials()
	if err != nil {
		return server, err
	}
	if _, ok := s.raw("port", ""); !ok {
		return server, fmt.Errorf("section [%s] has no port value", s.name)
	}
	_, err = value(s, "port", "", func(text string) (_ any, err error) {
		if server.Host, server.Port, err = parseAddress(text); err == nil && strings.ContainsAny(server.Host, ":[]") {
			if server.Host, err = unbracketed(server.Host); err != nil {
				err = fmt.Errorf("invalid port value %s, an IPv6 address stands in brackets, as in [::1]:9001, in section %s (file: %s)",
					pytext.Repr(text), pytext.Repr(s.name), pytext.Repr(b.doc.origin[s.name]))
			}
		}
		return nil, err
	})
	return server, err
}

func (b *builder) unixServer(s *section) (Server, error) {
	if _, ok := s.raw("file", ""); !ok {
		return Server{}, fmt.Errorf("section [%s] has no file value", s.name)
	}
	file, err := b.section(s.name, b.global.with("here", b.cfg.Here)).text("file", "")
	if err != nil {
		return Server{}, err
	}
	server, err := s.credentials()
	if err != nil {
		return server, err
	}
	server.Path = absolute(tilde(strings.TrimFunc(file, pytext.IsSpace)))
	if _, ok := s.raw("chown", ""); ok {
		text, err := s.text("chown", "")
		if err != nil {
			return server, err
		}
		if server.Owner, err = parseOwner(text); err != nil {
			return server, s.hide(errors.New("Invalid sockchown value "+text), "chown")
		}
	}
	text, err := s.text("chmod", "0700")
	if err != nil {
		return server, err
	}
	mode, err := ParseOctal(text)
	if err != nil {
		return server, s.hide(errors.New("Invalid chmod value "+text), "chmod")
	}
	server.Mode = uint32(mode)
	return server, nil
}

// credentials reads username and password, which must be given together (fact 89).
func (s *section) credentials() (Server, error) {
	var server Server
	_, hasName := s.raw("username", "")
	_, hasPassword := s.raw("password", "")
	if hasName != hasPassword {
		return server, fmt.Errorf("Section [%s] contains incomplete authentication: If a username or a password is specified, "+
			"both the username and password must be specified", s.name)
	}
	var err error
	if server.Username, err = s.text("username", ""); err != nil {
		return server, err
	}
	server.Password, err = s.text("password", "")
	return server, err
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
