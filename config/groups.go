package config

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// groups reads all sections that make process groups, kind by kind as upstream does; equals keep that order (checklist 95, 96).
func (b *builder) groups() error {
	members := map[string]bool{} // sections that a [group:x] took
	for _, kind := range []struct {
		prefix string
		read   func(name string, members map[string]bool) (*Group, error)
	}{
		{"group:", b.heterogeneous},
		{"program:", b.homogeneous},
		{"eventlistener:", b.listener},
		{"fcgi-program:", b.fastCGI},
	} {
		for _, name := range b.doc.names() {
			if !strings.HasPrefix(name, kind.prefix) || members[name] && kind.prefix != "group:" {
				continue
			}
			g, err := kind.read(name, members)
			if err != nil {
				return err
			}
			b.cfg.Groups = append(b.cfg.Groups, g)
		}
	}
	slices.SortStableFunc(b.cfg.Groups, func(a, b *Group) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Name, b.Name))
	})
	return nil
}

// groupSection is a section whose name behind the colon is a group's.
func (b *builder) groupSection(section string) (*section, string, error) {
	_, name, _ := strings.Cut(section, ":")
	name, err := parseName(name)
	return b.section(section, b.global.with("here", b.cfg.Here)), name, err
}

// heterogeneous reads [group:x] (checklist 1I).
func (b *builder) heterogeneous(section string, members map[string]bool) (*Group, error) {
	s, name, err := b.groupSection(section)
	if err != nil {
		return nil, err
	}
	g := &Group{Name: name, Kind: KindHeterogeneous}
	programs, err := value(s, "programs", "", func(text string) ([]string, error) {
		if strings.TrimFunc(text, isSpace) == "" {
			return nil, nil
		}
		return parseList(text), nil
	})
	if err != nil {
		return nil, err
	}
	if g.Priority, err = value(s, "priority", "999", ParseInt); err != nil {
		return nil, err
	}
	for _, p := range programs {
		plain, fcgi := "program:"+p, "fcgi-program:"+p
		var processes []*Process
		switch {
		case !b.doc.has(plain) && !b.doc.has(fcgi):
			return nil, fmt.Errorf("[%s] names unknown program or fcgi-program %s", section, p)
		case b.doc.has(plain) && b.doc.has(fcgi):
			return nil, fmt.Errorf("[%s] name %s is ambiguous (exists as program and fcgi-program)", section, p)
		case b.doc.has(plain):
			members[plain] = true
			processes, err = b.processes(plain, name)
		default:
			members[fcgi] = true
			var socket *FastCGI
			if socket, err = b.socket(fcgi); err == nil {
				processes, err = b.processes(fcgi, name)
			}
			for _, process := range processes {
				process.FastCGI = socket
			}
		}
		if err != nil {
			return nil, err
		}
		g.Processes = append(g.Processes, processes...)
	}
	g.Processes = unique(g.Processes)
	return g, nil
}

// homogeneous reads a [program:x] that is a group by itself.
func (b *builder) homogeneous(section string, _ map[string]bool) (*Group, error) {
	s, name, err := b.groupSection(section)
	if err != nil {
		return nil, err
	}
	g := &Group{Name: name, Kind: KindProgram}
	if g.Priority, err = value(s, "priority", "999", ParseInt); err != nil {
		return nil, err
	}
	g.Processes, err = b.processes(section, name)
	return g, err
}

// Handlers are the result handlers that are known.
var Handlers = []string{"supervisor.dispatchers:default_handler"}

// eventNames are the types that events= may name.
var eventNames = []string{
	"EVENT", "PROCESS_STATE", "PROCESS_STATE_STOPPED", "PROCESS_STATE_EXITED", "PROCESS_STATE_STARTING", "PROCESS_STATE_STOPPING",
	"PROCESS_STATE_BACKOFF", "PROCESS_STATE_FATAL", "PROCESS_STATE_RUNNING", "PROCESS_STATE_UNKNOWN", "PROCESS_COMMUNICATION",
	"PROCESS_COMMUNICATION_STDOUT", "PROCESS_COMMUNICATION_STDERR", "PROCESS_LOG", "PROCESS_LOG_STDOUT", "PROCESS_LOG_STDERR",
	"REMOTE_COMMUNICATION", "SUPERVISOR_STATE_CHANGE", "SUPERVISOR_STATE_CHANGE_RUNNING", "SUPERVISOR_STATE_CHANGE_STOPPING",
	"TICK", "TICK_5", "TICK_60", "TICK_3600", "PROCESS_GROUP", "PROCESS_GROUP_ADDED", "PROCESS_GROUP_REMOVED",
}

// listener reads [eventlistener:x] (checklist 1K).
func (b *builder) listener(section string, _ map[string]bool) (*Group, error) {
	_, name, _ := strings.Cut(section, ":")
	s := b.section(section, b.global.with("here", b.cfg.Here))
	g := &Group{Name: name, Kind: KindEventListener, Listener: &Listener{}}
	var err error
	if g.Priority, err = value(s, "priority", "-1", ParseInt); err != nil {
		return nil, err
	}
	if g.Listener.BufferSize, err = value(s, "buffer_size", "10", ParseInt); err != nil {
		return nil, err
	}
	if g.Listener.BufferSize < 1 {
		return nil, fmt.Errorf("[%s] section sets invalid buffer_size (%d)", section, g.Listener.BufferSize)
	}
	if g.Listener.ResultHandler, err = s.text("result_handler", Handlers[0]); err != nil {
		return nil, err
	}
	if !slices.Contains(Handlers, g.Listener.ResultHandler) {
		return nil, fmt.Errorf("%s cannot be resolved within [%s]: Python code can't be run here, known are %s",
			g.Listener.ResultHandler, section, strings.Join(Handlers, ", "))
	}
	events, err := s.text("events", "")
	if err != nil {
		return nil, err
	}
	if strings.TrimFunc(events, isSpace) == "" {
		return nil, fmt.Errorf("[%s] section requires an \"events\" line", section)
	}
	for _, event := range parseList(strings.ToUpper(events)) {
		if !slices.Contains(eventNames, event) {
			return nil, fmt.Errorf("Unknown event type %s in [%s] events", event, section)
		}
		if !slices.Contains(g.Listener.Events, event) {
			g.Listener.Events = append(g.Listener.Events, event)
		}
	}
	redirect, err := value(s, "redirect_stderr", "false", parseBool)
	if err != nil {
		return nil, err
	}
	if redirect {
		return nil, fmt.Errorf("[%s] section sets redirect_stderr=true but this is not allowed because it will interfere "+
			"with the eventlistener protocol", section)
	}
	g.Processes, err = b.processes(section, name)
	return g, err
}

// fastCGI reads a [fcgi-program:x] that is a group by itself.
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

var tcpSocket = regexp.MustCompile(`^tcp://([^\s:]+):(\d+)$`)

// socket reads the socket of a [fcgi-program:x] (checklist 77-80).
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
			return nil, errors.New("Invalid socket_owner value " + text)
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
		return nil, errors.New("Invalid socket_mode value " + text)
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
		return nil, fmt.Errorf("%w in [%s] socket", err, section)
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
		if f.Owner == nil && user != nil && int(user.UID) != uid() {
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
	port, err := strconv.Atoi(m[2])
	if err := checkPort(port); err != nil {
		return err
	}
	f.Network, f.Address = "tcp", strings.ToLower(m[1])+":"+m[2]
	f.URL = "tcp://" + f.Address
	return err
}
