package main

import (
	"fmt"
	"slices"

	"reeve/config"
)

// plugin is the actions that a section [ctlplugin:x] adds. Their texts are those of the
// plug-in whose factory the section names.
type plugin struct {
	name  string // of the section
	verbs []verb // sorted
}

// pluginFactories has a row for each of config.CtlFactories; each takes the section's
// options.
var pluginFactories = map[string]func(options map[string]string) (plugin, error){
	config.CtlWildcards: wildcardsPlugin,
	config.CtlQuick:     quickPlugin,
	config.CtlSerial:    serialPlugin,
	config.CtlCache:     cachePlugin,
	config.CtlLaForge:   laForgePlugin,
}

// loadPlugins returns the plug-ins of the config file, in its order.
func loadPlugins(sections []config.Plugin) ([]plugin, error) {
	var all []plugin
	for _, s := range sections {
		p, err := pluginFactories[s.Factory](s.Options)
		if err != nil {
			return nil, fmt.Errorf("section [ctlplugin:%s]: %w", s.Name, err)
		}
		p.name = s.Name
		all = append(all, p)
	}
	return all, nil
}

// findVerb finds an action: our own first, then those of plug-ins in the order of the
// config file.
func (c *ctl) findVerb(name string) *verb {
	if v := findVerb(name); v != nil {
		return v
	}
	for _, p := range c.set.plugins {
		if i := slices.IndexFunc(p.verbs, func(v verb) bool { return v.name == name }); i >= 0 {
			return &p.verbs[i]
		}
	}
	return nil
}

// verbNames returns all actions that Tab offers.
func (c *ctl) verbNames() []string {
	names := verbNames(true)
	for _, p := range c.set.plugins {
		names = append(names, p.verbNames()...)
	}
	return names
}

func (p *plugin) verbNames() []string {
	var names []string
	for _, v := range p.verbs {
		names = append(names, v.name)
	}
	return names
}

// helpOn returns the help lines of a topic.
func (c *ctl) helpOn(topic string) ([]string, bool) {
	if v := c.findVerb(topic); v != nil {
		return v.help, v.help != nil
	}
	lines, ok := topics[topic]
	if topic == "more" {
		for _, v := range verbs {
			if v.ours {
				lines = append(slices.Clone(lines), v.help...)
			}
		}
	}
	return lines, ok
}
