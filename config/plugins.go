package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Sections of three kinds name Python code, which cannot be run here. These tables list
// what upstream ships and what has an equivalent of our own; a new equivalent needs one
// more row, and a case where its name is used. Everything else is refused, so that nobody
// finds out at run time that something the file promises is missing (facts 86, 92, 93:
// result handlers, RPC interfaces, plug-ins of supervisorctl).

// The RPC interfaces of [rpcinterface:x].
const (
	MainFactory     = "supervisor.rpcinterface:make_main_rpcinterface"
	TwiddlerFactory = "supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface"
	CacheFactory    = "supervisor_cache.rpcinterface:make_cache_rpcinterface"
	LaForgeFactory  = "mr.laforge.rpcinterface:make_laforge_rpcinterface"
)

// Factories lists the RPC interfaces.
var Factories = []string{MainFactory, TwiddlerFactory, CacheFactory, LaForgeFactory}

// The result handlers of [eventlistener:x].
const (
	DefaultHandler = "supervisor.dispatchers:default_handler"
	StdoutHandler  = "supervisor_stdout:event_handler"
	StdinHandler   = "supervisor_twiddler.resulthandler:stdin_write_handler"
)

// Handlers lists the result handlers.
var Handlers = []string{DefaultHandler, StdoutHandler, StdinHandler}

// The plug-ins of supervisorctl, [ctlplugin:x].
const (
	CtlWildcards = "supervisorwildcards.controllerplugin:make_wildcards_controllerplugin"
	CtlQuick     = "supervisor_quick:make_quick_controllerplugin"
	CtlSerial    = "supervisorserialrestart.controllerplugin:make_serialrestart_controllerplugin"
	CtlCache     = "supervisor_cache.controllerplugin:make_cache_controllerplugin"
	CtlLaForge   = "mr.laforge.controllerplugin:make_laforge_controllerplugin"
)

// CtlFactories lists the plug-ins of supervisorctl.
var CtlFactories = []string{CtlWildcards, CtlQuick, CtlSerial, CtlCache, CtlLaForge}

var blanks = regexp.MustCompile(`\s`)

// known reports whether the table has a specification and returns it as the table spells
// it; Python accepts spaces around its parts.
func known(table []string, spec string) (string, bool) {
	spec = blanks.ReplaceAllString(spec, "")
	return spec, slices.Contains(table, spec)
}

// unresolved returns the error for a specification that is not in the table. advice says
// what to do; the accepted names are appended to it.
func unresolved(spec, section, advice string, table []string) error {
	last := len(table) - 1
	return fmt.Errorf("%s cannot be resolved within [%s]: Python code can't be run here; %s %s or %s",
		spec, section, advice, strings.Join(table[:last], ", "), table[last])
}

// The keys that name the code.
const (
	rpcFactory = "supervisor.rpcinterface_factory"
	ctlFactory = "supervisor.ctl_factory"
)

// rpcInterfaces reads the [rpcinterface:x] sections. Like upstream, it runs before
// groups.
func (b *builder) rpcInterfaces() (err error) {
	b.cfg.RPCInterfaces, err = b.plugins("rpcinterface:", rpcFactory, Factories)
	return err
}

// plugins reads the sections of one kind; key is the option that names the code, which
// has to be in the table.
func (b *builder) plugins(prefix, key string, table []string) ([]Plugin, error) {
	var all []Plugin
	for _, name := range b.doc.names() {
		own, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		p, err := b.plugin(name, own, key, b.global)
		if err != nil {
			return nil, err
		}
		factory, ok := known(table, p.Factory)
		if !ok {
			return nil, unresolved(p.Factory, name, "remove the section, or name", table)
		}
		p.Factory = factory
		all = append(all, p)
	}
	return all, nil
}

// plugin reads a section that names code; all other keys are passed to it as options.
func (b *builder) plugin(section, name, key string, n names) (Plugin, error) {
	s := b.section(section, n)
	p := Plugin{Name: name, Options: map[string]string{}}
	if err := s.read([]option{p.factory(key)}); err != nil {
		return p, err
	}
	for _, k := range b.doc.keys(section) {
		if k != key {
			var err error
			if p.Options[k], err = s.text(&option{key: k, secret: k == "password"}); err != nil {
				return p, err
			}
		}
	}
	return p, nil
}
