package config

import "strconv"

// Origins say where the keys of a configuration come from. They are only in a Config that
// was just read (Config.Origins), and are for one goroutine at a time.
type Origins struct{ doc *document }

// has reports whether a section has a key of its own or inherits it.
func (o *Origins) has(section, key string) bool {
	if o == nil {
		return false
	}
	_, has := o.doc.get(section, key)
	return has
}

// of returns FILE:LINE of a key, which may be in a section that it is inherited from, or
// the file of its section if no line gives it; empty: it is not known.
func (o *Origins) of(section, key string) string {
	if o == nil {
		return ""
	}
	if _, from, given := o.doc.source(section, key); given {
		if p := o.doc.place(from, key); p.File != "" {
			return p.File + ":" + strconv.Itoa(p.Line)
		}
	}
	return o.doc.origin[section]
}

// OfSection returns the file of the section that a process of g is read from; empty: it
// is not known.
func (o *Origins) OfSection(g *Group, p *Process) string {
	if o == nil {
		return ""
	}
	return o.doc.origin[sectionName(g, p)]
}
