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
	if g.Priority, err = value(s, "priority", "999", ParseInt); err != nil {
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
	if err := given(s, "user", ParseUser, &user)(); err != nil {
		return nil, err
	}
	if _, ok := s.raw("socket_backlog", ""); ok {
		if f.Backlog, err = value(s, "socket_backlog", "", ParseInt); err != nil {
			return nil, err
		}
		if f.Backlog < 1 || f.Backlog > 65535 {
			return nil, fmt.Errorf("Invalid socket_backlog value %d", f.Backlog)
		}
	}
	_, hasOwner := s.raw("socket_owner", "")
	if hasOwner {
		text, err := s.text("socket_owner", "")
		if err != nil {
			return nil, err
		}
		if f.Owner, err = parseOwner(text); err != nil {
			return nil, s.hide(errors.New("Invalid socket_owner value "+text), "socket_owner")
		}
	}
	text, hasMode := s.raw("socket_mode", "0700")
	if hasMode {
		if text, err = s.text("socket_mode", ""); err != nil {
			return nil, err
		}
	}
	mode, err := ParseOctal(text)
	if err != nil {
		return nil, s.hide(errors.New("Invalid socket_mode value "+text), "socket_mode")
	}
	f.Mode = uint32(mode)
	s.names = s.names.with("program_name", name)
	if f.URL, err = s.text("socket", ""); err != nil {
		return nil, err
	}
	if f.URL == "" {
		return nil, fmt.Errorf("[%s] section requires a \"socket\" line", section)
	}
	if err := f.parse(user, hasOwner || hasMode); err != nil {
		return nil, s.hide(within(err, " in [%s] socket", section), "socket")
	}
	return f, nil
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
