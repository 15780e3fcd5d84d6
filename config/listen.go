package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// listenOptions are about the sockets that the daemon holds for a program.
func (p *program) listenOptions() []option {
	c := &p.process
	l := &c.Listen
	return []option{
		{key: "listen", example: "http=tcp:127.0.0.1:8000,unix:/run/web.sock", ours: true, field: into(&l.Sockets, listOf(parseListen)), doc: "sockets that supervisord opens, keeps open and passes on (LISTEN_FDS): [NAME=]tcp:HOST:PORT, [NAME=]unix:PATH, with commas between them"},
		{key: "listen_mode", def: "0700", needs: "listen", ours: true, field: into(&l.Mode, parseListenMode), doc: "mode of the files of unix sockets"},
		{key: "listen_owner", needs: "listen", ours: true, example: "www-data:www-data", field: into(&l.Owner, parseOwner), doc: "their owner, user or user:group; default: the program's user"},
		{key: "listen_backlog", needs: "listen", ours: true, example: "1024", field: into(&l.Backlog, between("a number", ParseInt, 1, 65535)), doc: "how many connections wait at most; default: the system's maximum"},
		{key: "listen_reuseport", def: "false", needs: "listen", ours: true, field: into(&l.ReusePort, parseBool), doc: "true: others that say so as well may listen at the same port"},
		{key: "listen_style", def: "systemd", needs: "listen", ours: true, field: into(&l.FCGI, words[bool]{{"systemd", false}, {"fcgi", true}}.parse), doc: "systemd: descriptors from 3 on, LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID; fcgi: descriptor 0"},
		{key: "start_on_connect", def: "false", needs: "listen", example: "true", ours: true, field: into(&c.OnConnect, parseBool), doc: "true: autostart waits for the first connection"},
		{key: "idle_timeout", needs: "start_on_connect", ours: true, example: "10m", field: into(&l.IdleTimeout, positive(parseDuration)), doc: "stop it after this time without connections; the next one starts it again; default: never"},
	}
}

// mostListen bounds how many sockets a program gets.
const mostListen = 64

// firstListen is the number of the first descriptor that a program gets.
const firstListen = 3

// parseListen reads [NAME=]tcp:HOST:PORT or [NAME=]unix:PATH. Two slashes may follow the
// colon, as in socket= of [fcgi-program:x].
func parseListen(text string) (s ListenSocket, err error) {
	address := text
	if name, rest, named := strings.Cut(text, "="); named && !strings.ContainsAny(name, ":/") {
		if !isFDName(name) {
			return s, refusal{text, "the name in front of = has to be printable, without colons, and 255 bytes at most"}
		}
		s.Name, address = name, rest
	}
	var known bool
	s.Network, s.Address, known = strings.Cut(address, ":")
	switch s.Network = strings.ToLower(s.Network); {
	case known && s.Network == "tcp":
		s.Address, err = parseListenTCP(strings.TrimPrefix(s.Address, "//"))
	case known && s.Network == "unix":
		if path, ok := strings.CutPrefix(s.Address, "///"); ok {
			s.Address = "/" + path
		}
		s.Address, err = parseListenPath(s.Address)
	default:
		err = errors.New("not an address such as tcp:127.0.0.1:8080, tcp:[::1]:8080 or unix:/run/x.sock")
	}
	if err != nil {
		return s, refusal{text, err.Error()}
	}
	return s, nil
}

// isFDName follows systemd's rule for FileDescriptorName=.
func isFDName(name string) bool {
	return name != "" && len(name) < 256 && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' || r == ':' })
}

func parseListenTCP(text string) (string, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", errors.New("it needs a host and a port, as in tcp:127.0.0.1:8080; * is all addresses, and an IPv6 address is in brackets")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", errors.New("the port must be a number from 1 to 65535")
	}
	if host == "*" {
		host = ""
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil && ip.Zone() != "":
		return "", errors.New("an address with a zone is not supported")
	case err == nil:
		host = ip.String()
	case strings.ContainsAny(host, " \t/@?#%[]:\x00"):
		return "", errors.New("that is not the name of a host")
	}
	return net.JoinHostPort(strings.ToLower(host), strconv.FormatUint(n, 10)), nil
}

// mostPath is how long the path of a unix socket may be everywhere.
const mostPath = 103

func parseListenPath(path string) (string, error) {
	switch {
	case !strings.HasPrefix(path, "/"):
		return "", errors.New("the path of a unix socket has to be absolute; %(here)s is the folder of the file")
	case len(path) > mostPath:
		return "", fmt.Errorf("the path of a unix socket can't be longer than %d bytes", mostPath)
	}
	return absolute(path), nil
}

func parseListenMode(text string) (uint32, error) {
	mode, err := parseMode(text)
	if err != nil {
		err = refusal{text, "not an octal mode such as 0770"}
	}
	return mode, err
}
