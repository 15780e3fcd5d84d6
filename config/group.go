package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// groups reads all sections that define process groups, kind by kind as upstream does.
// Groups of equal priority and name keep that order (facts 95, 96).
func (b *builder) groups() error {
	members := map[string]bool{} // sections that a [group:x] lists
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

// groupSection returns the section and the group name after the colon of its name.
func (b *builder) groupSection(section string) (*section, string, error) {
	_, name, _ := strings.Cut(section, ":")
	name, err := parseName(name)
	return b.section(section, b.global.with("here", b.cfg.Here)), name, err
}

// heterogeneous reads a [group:x] (facts 72-76).
func (b *builder) heterogeneous(section string, members map[string]bool) (*Group, error) {
	s, name, err := b.groupSection(section)
	if err != nil {
		return nil, err
	}
	g := &Group{Name: name, Kind: KindHeterogeneous}
	var programs []string
	if err := s.read(g.options(&programs)); err != nil {
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

// homogeneous reads a [program:x] that is its own group.
func (b *builder) homogeneous(section string, _ map[string]bool) (*Group, error) {
	s, name, err := b.groupSection(section)
	if err != nil {
		return nil, err
	}
	g := &Group{Name: name, Kind: KindProgram}
	if err := s.read([]option{g.priority("999")}); err != nil {
		return nil, err
	}
	g.Processes, err = b.processes(section, name)
	return g, err
}
