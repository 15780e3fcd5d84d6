package config

import (
	"fmt"
	"slices"
	"strings"

	"reeve/config/pytext"
	"reeve/supervisor/order"
)

// PluginOf returns which of the plug-ins that start programs in order a listener's command
// runs; strict is as for order.PluginOf.
func PluginOf(command string) (plugin order.Plugin, strict bool) {
	argv, err := SplitCommand(command)
	if err != nil {
		return order.NoPlugin, false
	}
	return order.PluginOf(argv)
}

// pluginKeys are the keys of those plug-ins that pluginProgram reads, but for upstream's.
var pluginKeys = []string{
	"dependent_startup", "dependent_startup_inherit_priority", "dependent_startup_wait_for", "startinorder", "startnextafter",
}

// inOrder reads the keys of those plug-ins in [program:x] sections. They are the plug-in's,
// not ours, so a value that it would not understand is ignored.
func (b *builder) inOrder() error {
	if !slices.ContainsFunc(b.cfg.Groups, runsPlugin) {
		return nil
	}
	for _, section := range b.doc.names() {
		if name, ok := strings.CutPrefix(section, "program:"); ok {
			b.cfg.InOrder = append(b.cfg.InOrder, b.pluginProgram(section, name))
		}
	}
	return nil
}

func runsPlugin(g *Group) bool {
	return g.Listener != nil && slices.ContainsFunc(g.Processes, func(p *Process) bool {
		plugin, _ := PluginOf(p.Command)
		return plugin != order.NoPlugin
	})
}

func (b *builder) pluginProgram(section, name string) order.PluginProgram {
	s := b.section(section, b.global.with("here", b.cfg.Here, "program_name", name, "host_node_name", b.host, "group_name", name))
	p := order.PluginProgram{
		Name:            strings.TrimFunc(name, pytext.IsSpace),
		Autostart:       s.flag("autostart", true),
		Dependent:       s.flag("dependent_startup", false),
		InheritPriority: s.flag("dependent_startup_inherit_priority", false),
		InOrder:         s.flag("startinorder", false),
	}
	p.WaitFor, _ = s.lenient("dependent_startup_wait_for")
	p.NextAfter, _ = s.lenient("startnextafter")
	if text, given := s.lenient("priority"); given {
		if n, err := ParseInt(text); err == nil {
			p.Priority = &n
		}
	}
	return p
}

// flag reads a boolean; what is none counts as not given.
func (s *section) flag(key string, def bool) bool {
	text, given := s.lenient(key)
	if !given {
		return def
	}
	on, err := parseBool(text)
	if err != nil {
		s.b.cfg.Warnings = append(s.b.cfg.Warnings, fmt.Sprintf("%s of [%s] is left out: %v", key, s.name, err))
		return def
	}
	return on
}

// lenient returns the text of a key, as it is if it can't be expanded.
func (s *section) lenient(key string) (text string, given bool) {
	if !s.given(key) {
		return "", false
	}
	o := &option{key: key}
	text, err := s.text(o)
	if err != nil {
		text = s.raw(o)
	}
	return text, true
}
