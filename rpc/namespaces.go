package rpc

import (
	"slices"
	"strings"

	"reeve/config"
)

// namespaces are what the factories of config.Factories make: rows without the namespace in their names. State that the methods
// share lives as long as the rows.
var namespaces = map[string]func(options map[string]string) []Method{
	config.MainFactory:     mainMethods,
	config.TwiddlerFactory: twiddlerMethods,
	config.CacheFactory:    cacheMethods,
	config.LaForgeFactory:  laForgeMethods,
}

// Namespaces makes the rows of the sections [rpcinterface:x], for Options.Methods: their names begin with x. The namespace
// system is always our own (checklist 256).
func Namespaces(sections []config.Plugin) []Method {
	var all []Method
	for _, section := range sections {
		if section.Name == "system" {
			continue
		}
		for _, m := range namespaces[section.Factory](section.Options) {
			m.Name = section.Name + "." + m.Name
			all = append(all, m)
		}
	}
	return all
}

// mainMethods is upstream's own namespace, which may have other names than supervisor.
func mainMethods(map[string]string) []Method {
	rows := slices.Clone(supervisorMethods)
	for i := range rows {
		rows[i].Name = strings.TrimPrefix(rows[i].Name, "supervisor.")
	}
	return rows
}
