package plot

import (
	"fmt"
	"slices"
	"strings"
)

// Config is a configuration.
type Config struct {
	Survive  bool // survive_crash: programs outlive the daemon
	Programs []Program
	Groups   []Group
}

// Program is a section. Each name is used once at a time.
type Program struct {
	Section string // program or eventlistener
	Name    string
	Lines   []string
	Procs   []string // names of its processes
	Silent  bool     // its lines are not counted on: the log takes none
	Moves   bool     // its logs may be moved, as logrotate does: they are not rotated by size
}

// Group is a section [group:].
type Group struct {
	Name     string
	Programs []string
}

// Text returns the file. It contains {{.Exe}}, the program that plays the children, and
// {{.Dir}}, the directory of the run.
func (c *Config) Text() string {
	var w strings.Builder
	w.WriteString(`[supervisord]
logfile={{.Dir}}/supervisord.log
logfile_maxbytes=0
pidfile={{.Dir}}/supervisord.pid
childlogdir={{.Dir}}
directory={{.Dir}}
loglevel=info
`)
	if c.Survive {
		w.WriteString("survive_crash=true\n")
	}
	w.WriteString(`[unix_http_server]
file={{.Dir}}/socket
[supervisorctl]
serverurl=unix://{{.Dir}}/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
`)
	for i := range c.Programs {
		p := &c.Programs[i]
		fmt.Fprintf(&w, "[%s:%s]\n%s\n", p.Section, p.Name, strings.Join(p.Lines, "\n"))
	}
	for _, g := range c.Groups {
		fmt.Fprintf(&w, "[group:%s]\nprograms=%s\n", g.Name, strings.Join(g.Programs, ","))
	}
	return w.String()
}

// GroupOf returns the group of a program.
func (c *Config) GroupOf(program string) string {
	for _, g := range c.Groups {
		if slices.Contains(g.Programs, program) {
			return g.Name
		}
	}
	return program
}

// Processes returns all names group:process of programs, without listeners.
func (c *Config) Processes() (names []string) {
	for i := range c.Programs {
		p := &c.Programs[i]
		if p.Section == "program" {
			for _, proc := range p.Procs {
				names = append(names, c.GroupOf(p.Name)+":"+proc)
			}
		}
	}
	return names
}

// clone returns a copy that can be changed.
func (c *Config) clone() *Config {
	d := &Config{Survive: c.Survive, Programs: slices.Clone(c.Programs)}
	for _, g := range c.Groups {
		d.Groups = append(d.Groups, Group{g.Name, slices.Clone(g.Programs)})
	}
	return d
}
