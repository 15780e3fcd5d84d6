package health

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

func decimal(n int) string { return strconv.Itoa(n) }

func readTCP(t *Target, rest string, _ Split) error {
	colon := strings.LastIndexByte(rest, ':')
	if colon < 0 {
		return errors.New("it needs a host and a port, as in tcp:127.0.0.1:5432")
	}
	if err := checkHost(rest[:colon]); err != nil {
		return err
	}
	t.Address = rest
	return checkPort(rest[colon+1:])
}

// checkHost checks a host as it stands in front of a port: an IPv6 address is in
// brackets.
func checkHost(host string) error {
	inner, bracket := strings.CutPrefix(host, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	switch {
	case host == "" || inner == "":
		return errors.New("the host is missing; 127.0.0.1 is this machine")
	case host == "*":
		return errors.New("* is no host to connect to; 127.0.0.1 is this machine")
	case bracket != closed:
		return errors.New("a bracket of the address is missing")
	case bracket:
		if a, err := netip.ParseAddr(inner); err != nil || !a.Is6() {
			return errors.New("what is in brackets is not an IPv6 address")
		}
	case strings.Contains(host, ":"):
		return errors.New("an IPv6 address needs brackets: [" + host + "]")
	case strings.ContainsAny(host, " \t\r\n/@?#%[]\x00"):
		return errors.New("that is not the name of a host")
	}
	return nil
}

func checkPort(port string) error {
	switch n, ok := number(port, 65535); {
	case port == "":
		return errors.New("the port is missing")
	case !ok || n == 0:
		return errors.New("the port must be a number from 1 to 65535")
	}
	return nil
}

// readURL reads a URL. What it contains is sent to whoever answers and is shown in
// status, so it must not contain a password.
func readURL(t *Target, _ string, _ Split) error {
	u, err := url.Parse(t.Text)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL, which the message has already
		}
		return err
	}
	switch {
	case u.Opaque != "" || u.Host == "":
		return errors.New("the host is missing, as in " + u.Scheme + "://127.0.0.1:8080/")
	case u.User != nil:
		return errors.New("a user or password in the URL would be shown to everybody who sees the status; use exec: with a program that reads it from a file")
	}
	host, port := u.Host, ""
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host, port = host[:colon], host[colon+1:]
		if err := checkPort(port); err != nil {
			return err
		}
	}
	if err := checkHost(host); err != nil {
		return err
	}
	u.Fragment = ""
	t.URL = u.String()
	return nil
}
