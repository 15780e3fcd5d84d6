package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// listenOptions are about the sockets that the daemon holds for a program.
func (p *program) listenOptions() []option {
	c := &p.process
	l := &c.Listen
	return []option{
		{key: "listen", example: "http=tcp:127.0.0.1:8080,unix:/run/web.sock", ours: true, field: into(&l.Sockets, listOf(parseListen)), doc: "sockets that supervisord opens, keeps open and passes on (LISTEN_FDS): [NAME=]tcp:HOST:PORT, [NAME=]unix:PATH, with commas between them"},
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
	return p.checkOnConnect()
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
