package config

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// fastCGI reads an [fcgi-program:x] that is its own group.
func (b *builder) fastCGI(section string, _ map[string]bool) (*Group, error) {
	s, name, err := b.groupSection(section)
	if err != nil {
		return nil, err
	}
	g := &Group{Name: name, Kind: KindFastCGI}
	if err := s.read([]option{g.priority("999")}); err != nil {
		return nil, err
	}
	socket, err := b.socket(section)
	if err != nil {
		return nil, err
	}
	g.Processes, err = b.processes(section, name)
	for _, p := range g.Processes {
		p.FastCGI = socket
	}
	return g, err
}

var tcpSocket = regexp.MustCompile(`^tcp://([^\s:]+):(\p{Nd}+)$`)

// socket reads the socket of an [fcgi-program:x] (facts 77-80).
func (b *builder) socket(section string) (*FastCGI, error) {
	s, name, err := b.groupSection(section)
	if err != nil {
		return nil, err
	}
	f := &FastCGI{}
	var user *User
	err = first(
		func() error { return s.read([]option{{key: "user", field: into(&user, ParseUser)}}) },
		func() error { return s.read(f.options(name)) },
	)
	if err != nil {
		return nil, err
	}
	if f.URL == "" {
		return nil, fmt.Errorf(noSocket, section)
	}
	if err := f.parse(user, s.given("socket_owner") || s.given("socket_mode")); err != nil {
		return nil, s.hide(&option{key: "socket"}, within(err, " in [%s] socket", section))
	}
	return f, nil
}

const noSocket = `[%s] section requires a "socket" line`

func parseBacklog(text string) (int, error) {
	n, err := ParseInt(text)
	if err == nil && (n < 1 || n > 65535) {
		err = fmt.Errorf("Invalid socket_backlog value %d", n)
	}
	return n, err
}

func (f *FastCGI) parse(user *User, owned bool) error {
	if path, ok := strings.CutPrefix(f.URL, "unix://"); ok {
		if !strings.HasPrefix(path, "/") {
			return fmt.Errorf("Unix socket path %s is not an absolute path", path)
		}
		f.Network, f.Address = "unix", absolute(path)
		f.URL = "unix://" + f.Address
		if f.Owner == nil && user != nil && int(user.UID) != os.Getuid() {
			f.Owner = &Owner{int(user.UID), int(user.GID)}
		}
		return nil
	}
	if owned {
		return errors.New("socket_owner and socket_mode params should only be used with a Unix domain socket")
	}
	m := tcpSocket.FindStringSubmatch(f.URL)
	if m == nil {
		return fmt.Errorf("Bad socket format %s", f.URL)
	}
	port, err := ParseInt(m[2])
	if err == nil {
		err = checkPort(port)
	}
	f.Network, f.Address = "tcp", fmt.Sprintf("%s:%d", strings.ToLower(m[1]), port)
	f.URL = "tcp://" + f.Address
	return err
}
