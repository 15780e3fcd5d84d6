package config

import (
	"net/netip"
	"regexp"
	"strings"
)

var hostPattern = regexp.MustCompile(`^(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:[0-9]{1,5})?$`)

// parseHostPattern reads an element of allowed_hosts.
func parseHostPattern(word string) (string, error) {
	word = strings.ToLower(word)
	if !hostPattern.MatchString(word) {
		return "", refusal{word, "not NAME, NAME:PORT, *.DOMAIN or *"}
	}
	return word, nil
}

// parsePeer reads an element of trusted_proxies. An address becomes a network of one.
func parsePeer(word string) (string, error) {
	if word == "*" {
		return word, nil
	}
	if a, err := netip.ParseAddr(word); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()).String(), nil
	}
	p, err := netip.ParsePrefix(word)
	if err != nil {
		return "", refusal{word, "not an address, a network such as 10.0.0.0/8, or *"}
	}
	return p.Masked().String(), nil
}
