package config

import (
	"reeve/config/pytext"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

// dependencies reads depends_on of all processes, when all groups are known.
func (b *builder) dependencies() error {
	var specs []order.Spec
	var of []*Process
	names := map[string]bool{}
	for _, g := range b.cfg.Groups {
		if names[g.Name] {
			continue // only the first group of a name becomes active (fact 96)
		}
		names[g.Name] = true
		for _, p := range g.Processes {
			of = append(of, p)
			specs = append(specs, order.Spec{
				Group: g.Name, Program: p.Program, Name: p.Name, DependsOn: p.DependsOn, Autostart: p.Autostart, Oneshot: p.Oneshot,
				Health:  p.Checks.Judged(),
				Forever: p.Autorestart == process.AutorestartAlways || p.Autorestart == process.AutorestartUnexpected && len(p.ExitCodes) == 0,
			})
		}
	}
	needs, refused := order.Resolve(specs)
	if refused != nil {
		section := b.sectionOf(of[refused.Index].Program)
		return &Error{Text: "invalid depends_on value: " + refused.Error() + " in section " + pytext.Repr(section) + " (file: " + pytext.Repr(b.doc.origin[section]) + ")"}
	}
	for i, n := range needs {
		of[i].Needs = n
	}
	b.cfg.Warnings = append(b.cfg.Warnings, order.Warnings(specs, needs)...)
	return nil
}

// sectionOf returns the section of a program.
func (b *builder) sectionOf(program string) string {
	for _, kind := range []string{"program:", "eventlistener:", "fcgi-program:"} {
		if b.doc.has(kind + program) {
			return kind + program
		}
	}
	return "program:" + program
}
