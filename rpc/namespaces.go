package rpc

import (
	"slices"
	"strings"

	"reeve/config"
)

// namespaces has what each factory of config.Factories makes: rows whose names lack the
// namespace. State that the methods share lives as long as the rows.
var namespaces = map[string]func(options map[string]string) []Method{
	config.MainFactory:     mainMethods,
	config.TwiddlerFactory: twiddlerMethods,
	config.CacheFactory:    cacheMethods,
	config.LaForgeFactory:  laForgeMethods,
}

// Namespaces makes the rows of the sections [rpcinterface:x], for Options.Methods; their
// names begin with "x.". The namespace system is always reeve's own (fact 256, methodHelp
// and methodSignature). With upstream's own interface comes the namespace reeve.
func Namespaces(sections []config.Plugin) []Method {
	var all []Method
	ours, taken := false, false
	for _, section := range sections {
		ours = ours || section.Factory == config.MainFactory
		taken = taken || section.Name == reeveNamespace
		if section.Name == "system" {
			continue
		}
		for _, m := range namespaces[section.Factory](section.Options) {
			m.Name = section.Name + "." + m.Name
			all = append(all, m)
		}
	}
	if ours && !taken {
		all = append(all, reeveMethods...)
	}
	return all
}

// mainMethods is upstream's own namespace, which a section may give another name than
// supervisor.
func mainMethods(map[string]string) []Method {
	rows := slices.Clone(supervisorMethods)
	for i := range rows {
		rows[i].Name = strings.TrimPrefix(rows[i].Name, "supervisor.")
	}
	return rows
}
