package config

import (
	"strconv"
	"strings"
)

// Origins say where the keys of a configuration come from. They are only in a Config that
// was just read (Config.Origins), and are for one goroutine at a time.
type Origins struct {
	files map[string]string // by section: the file in which it first appeared
	lines []line
	names map[string]string // each key once: most are the same in many sections
	index map[[2]string]int // by section and key: the last of lines; made when it is asked for
}

// line is a line that gives a key.
type line struct {
	section, key, file string
	number             int
}

func newOrigins(files map[string]string) *Origins {
	return &Origins{files: files, names: map[string]string{}}
}

// note keeps where a key was read. Neither key nor section may keep the file's text alive.
func (o *Origins) note(section, key, file string, number int) {
	name, known := o.names[key]
	if !known {
		name = strings.Clone(key)
		o.names[name] = name
	}
	o.lines = append(o.lines, line{section, name, file, number})
}

// find returns the line that gives a key: the last one, as its value is the one that
// counts.
func (o *Origins) find(section, key string) (line, bool) {
	if o.index == nil {
		o.index = make(map[[2]string]int, len(o.lines))
		for i, l := range o.lines {
			o.index[[2]string{l.section, l.key}] = i
		}
	}
	for _, name := range [...]string{section, defaults} {
		if i, ok := o.index[[2]string{name, key}]; ok {
			return o.lines[i], true
		}
	}
	return line{}, false
}

// has reports whether a section has a key of its own or inherits it.
func (o *Origins) has(section, key string) bool {
	if o == nil {
		return false
	}
	_, has := o.find(section, key)
	return has
}

// of returns FILE:LINE of a key, or the file of its section if no line gives it; empty: it
// is not known.
func (o *Origins) of(section, key string) string {
	if o == nil {
		return ""
	}
	if l, ok := o.find(section, key); ok {
		return l.file + ":" + strconv.Itoa(l.number)
	}
	return o.files[section]
}

// OfSection returns the file of the section that a process of g is read from; empty: it
// is not known.
func (o *Origins) OfSection(g *Group, p *Process) string {
	if o == nil {
		return ""
	}
	return o.files[sectionName(g, p)]
}
