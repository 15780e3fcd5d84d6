package launch

import (
	"slices"
	"strings"

	"reeve/config"
)

// environment is what every child inherits, indexed so that a start costs one copy and a
// look-up per variable that it sets.
type environment struct {
	vars  []string
	index map[string]int
}

// newEnvironment makes an environment of the daemon's own variables; of a doubled one the
// first counts, as with getenv.
func newEnvironment(vars []string) environment {
	e := environment{index: make(map[string]int, len(vars))}
	for _, v := range vars {
		key, _, ok := strings.Cut(v, "=")
		if _, known := e.index[key]; !ok || known {
			continue
		}
		e.index[key] = len(e.vars)
		e.vars = append(e.vars, v)
	}
	return e
}

// lookup returns the value of an inherited variable.
func (e environment) lookup(key string) (string, bool) {
	i, ok := e.index[key]
	if !ok {
		return "", false
	}
	return e.vars[i][len(key)+1:], true
}

// with returns the inherited variables with set on top; of equal keys in set the last one
// wins.
func (e environment) with(set []config.EnvVar) []string {
	vars := append(make([]string, 0, len(e.vars)+len(set)), e.vars...)
	for _, v := range set {
		entry := v.Key + "=" + v.Value
		prefix := entry[:len(v.Key)+1]
		at, inherited := e.index[v.Key]
		if !inherited {
			at = len(e.vars) + slices.IndexFunc(vars[len(e.vars):], func(o string) bool { return strings.HasPrefix(o, prefix) })
		}
		if at < len(e.vars) && !inherited {
			vars = append(vars, entry)
			continue
		}
		vars[at] = entry
	}
	return vars
}

// environment returns the complete environment of a process (fact 162): what it inherits,
// then the SUPERVISOR_ variables, then what is configured.
func (l *Launcher) environment(o Order) []string {
	p := o.Process
	set := make([]config.EnvVar, 0, len(p.Environment)+4)
	set = append(set, config.EnvVar{Key: "SUPERVISOR_ENABLED", Value: "1"})
	url := o.ServerURL
	if p.ServerURL != nil {
		url = *p.ServerURL
	}
	if url != "" {
		set = append(set, config.EnvVar{Key: "SUPERVISOR_SERVER_URL", Value: url})
	}
	set = append(
		set,
		config.EnvVar{Key: "SUPERVISOR_PROCESS_NAME", Value: p.Name},
		config.EnvVar{Key: "SUPERVISOR_GROUP_NAME", Value: o.Group},
	)
	for _, v := range o.Environ {
		key, value, _ := strings.Cut(v, "=")
		set = append(set, config.EnvVar{Key: key, Value: value})
	}
	set = append(set, p.Environment...)
	if !o.Probe {
		set = append(set, listenVars(p)...) // these are facts
	}
	return l.environ.with(set)
}

// SearchPath returns the path along which a command without a slash is looked for (fact
// 157): the program's own PATH, else the daemon's.
func (l *Launcher) SearchPath(p *config.Process) string {
	for _, v := range slices.Backward(p.Environment) {
		if v.Key == "PATH" {
			return v.Value
		}
	}
	if path, _ := l.environ.lookup("PATH"); path != "" {
		return path
	}
	return "/bin:/usr/bin:/usr/local/bin"
}
