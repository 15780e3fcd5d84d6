package config

import (
	"slices"
	"strings"
)

// kind is a kind of section and its keys, as far as they are known without reading one.
type kind struct {
	name string // of the section, or what it begins with
	more bool   // the name goes on
	any  bool   // every key may mean something to somebody
	raw  bool   // it is not read by itself
	rows func() []option
}

// sectionKinds are all kinds.
var sectionKinds = []kind{
	{name: "supervisord", rows: func() []option { return (&builder{cfg: &Config{}}).supervisordOptions() }},
	{name: "supervisorctl", rows: func() []option { return new(CtlConfig).options("") }},
	{name: "include", rows: func() []option { return includeOptions(new(string)) }},
	{name: "unix_http_server", more: true, rows: func() []option { return new(Server).unixOptions("") }},
	{name: "inet_http_server", more: true, rows: func() []option { return new(Server).inetOptions() }},
	{name: "program:", more: true, rows: rowsOfPrograms},
	{name: "eventlistener:", more: true, rows: func() []option { return slices.Concat(rowsOfPrograms(), rowsOfListeners()) }},
	{name: "fcgi-program:", more: true, rows: func() []option { return slices.Concat(rowsOfPrograms(), new(FastCGI).options("")) }},
	{name: "group:", more: true, rows: func() []option { return new(Group).options(new([]string)) }},
	{name: "rpcinterface:", more: true, any: true},
	{name: "ctlplugin:", more: true, any: true},
	{name: programDefault, raw: true, rows: rowsOfAllPrograms},
	{name: templatePrefix, more: true, raw: true, rows: rowsOfAllPrograms},
	{name: defaults, raw: true},
}

func rowsOfPrograms() []option {
	p := newProgram()
	rows := slices.Concat(p.shared, p.each)
	for _, key := range pluginKeys {
		rows = append(rows, option{key: key})
	}
	return rows
}

func rowsOfListeners() []option {
	g := &Group{Listener: &Listener{}}
	return g.listenerOptions(&section{})
}

func rowsOfAllPrograms() []option {
	return slices.Concat(rowsOfPrograms(), rowsOfListeners(), new(FastCGI).options(""))
}

// kindOf returns the kind of a section, or nil.
func kindOf(section string) *kind {
	for i := range sectionKinds {
		if k := &sectionKinds[i]; section == k.name || k.more && strings.HasPrefix(section, k.name) {
			return k
		}
	}
	return nil
}

func kindNames() []string {
	names := make([]string, len(sectionKinds))
	for i := range sectionKinds {
		names[i] = sectionKinds[i].name
	}
	return names
}

func (k *kind) keys() (keys []string) {
	if k.name == defaults { // it may stand in for any section
		keys = append(keys, rpcFactory, ctlFactory)
		for i := range sectionKinds {
			if other := &sectionKinds[i]; other.rows != nil {
				keys = append(keys, other.keys()...)
			}
		}
		return keys
	}
	if k.rows == nil {
		return nil
	}
	for _, o := range k.rows() {
		keys = append(keys, o.key)
	}
	return keys
}

// nearest returns the candidate that a word may be a misspelling of, the first one of
// equally near ones, or nothing: two slips at most, and in a short word less than half of
// it.
func nearest(word string, candidates []string) string {
	best, least := "", 3
	for _, c := range candidates {
		if d := slips(word, c); d < least && 2*d < len(word) {
			best, least = c, d
		}
	}
	return best
}

// slips counts the letters that have to be added, removed, replaced or exchanged with
// their neighbour to make b of a.
func slips(a, b string) int {
	if len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return 3
	}
	before, last, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			row[j+1] = min(last[j+1], row[j]) + 1
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j+1], last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}
