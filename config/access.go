package config

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"reeve/config/pytext"
)

// access reads the keys of a server that Supervisor does not have.
func (s *section) access(server *Server) error {
	for _, key := range []struct {
		name string
		read func(text string) error
		want string
	}{
		{"allowed_hosts", func(text string) (err error) {
			server.AllowedHosts, err = parseEach(strings.ToLower(text), parseHostPattern)
			return err
		}, "NAME, NAME:PORT, *.DOMAIN or *"},
		{"trusted_proxies", func(text string) (err error) {
			server.TrustedProxies, err = parseEach(text, parsePeer)
			return err
		}, "an address, a network such as 10.0.0.0/8, or *"},
		{"max_connections", func(text string) (err error) {
			server.MaxConnections, err = parseConnections(text)
			return err
		}, fmt.Sprintf("a number from %d to %d", leastConnections, mostConnections)},
	} {
		if _, given := s.raw(key.name, ""); !given {
			continue
		}
		text, err := s.text(key.name, "")
		if err == nil {
			if err = key.read(text); err != nil {
				err = fmt.Errorf("invalid %s value %s, not %s, in section [%s] (file: %s)", key.name, err, key.want, s.name, pytext.Repr(s.b.doc.origin[s.name]))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Bounds of max_connections.
const (
	leastConnections = 16
	mostConnections  = 1 << 20
)

// badValue is the text of a value that is refused.
type badValue string

func (v badValue) Error() string { return pytext.Repr(string(v)) }

func parseConnections(text string) (int, error) {
	n, err := ParseInt(text)
	if err != nil || n < leastConnections || n > mostConnections {
		return 0, badValue(text)
	}
	return n, nil
}

// parseEach reads a list between commas.
func parseEach(text string, parse func(string) (string, error)) ([]string, error) {
	words := parseList(text)
	for i, word := range words {
		var err error
		if words[i], err = parse(word); err != nil {
			return nil, err
		}
	}
	return words, nil
}

var hostPattern = regexp.MustCompile(`^(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:[0-9]{1,5})?$`)

func parseHostPattern(word string) (string, error) {
	if !hostPattern.MatchString(word) {
		return "", badValue(word)
	}
	return word, nil
}

// parsePeer gives an address as a network of one.
func parsePeer(word string) (string, error) {
	if word == "*" {
		return word, nil
	}
	if a, err := netip.ParseAddr(word); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()).String(), nil
	}
	p, err := netip.ParsePrefix(word)
	if err != nil {
		return "", badValue(word)
	}
	return p.Masked().String(), nil
}
