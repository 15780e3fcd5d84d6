package config

import (
	"cmp"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"reeve/rpc/api"
)

// The places outside this package that show keys, compared with the tables in options.go.
// With -update the lines that are missing for keys of ours are added:
//
//	go test ./config -run Shows -update

// page is a file that shows keys, as lines.
type page struct {
	file  string
	lines []string
}

func readPage(t *testing.T, file string) *page {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return &page{file, strings.Split(string(text), "\n")}
}

// add inserts a line that is missing, if that was asked for, else it is an error.
func (p *page) add(t *testing.T, at int, line, format string, args ...any) {
	t.Helper()
	if !*update {
		t.Errorf(format+": add it with go test ./config -run Shows -update", args...)
		return
	}
	p.lines = slices.Insert(p.lines, at, line)
	if err := os.WriteFile(p.file, []byte(strings.Join(p.lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

var (
	sampleHeader  = regexp.MustCompile(`^;?\[([a-z_-]+)`)
	sampleSetting = regexp.MustCompile(`^;?([a-z_.]+) ?= ?(\S+)(?:\s+; (.*))?$`)
)

// TestSampleShowsOptions: each key in the sample file has a row, whose text is its
// comment, and each row of ours is in the sample.
func TestSampleShowsOptions(t *testing.T) {
	p := readPage(t, "../cmd/echo_supervisord_conf/sample.conf")
	seen := map[string]bool{} // kind and key
	last := map[string]int{}  // by kind: the line of the last key
	kind := ""
	for i, line := range p.lines {
		if m := sampleHeader.FindStringSubmatch(line); m != nil {
			kind = m[1]
		}
		m := sampleSetting.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		last[kind] = i
		key, value, comment := m[1], m[2], m[3]
		o := optionOf(kind, key)
		switch {
		case o == nil:
			t.Errorf("%s: %s of [%s] has no row in config/options.go", p.file, key, kind)
		case seen[kind+" "+key], strings.HasPrefix(comment, "as "): // another example, or a reference
		case comment != o.doc && comment != o.doc+"; default "+o.def:
			t.Errorf("%s: the text of %s of [%s] is %q, in its row it is %q", p.file, key, kind, comment, o.doc)
		case o.ours && value != o.shown():
			t.Errorf("%s: %s of [%s] is shown as %s, its row says %s", p.file, key, kind, value, o.shown())
		}
		seen[kind+" "+key] = true
	}
	for _, k := range slices.Backward(kinds) { // from the end, so that lines inserted move no place
		for _, o := range k.options {
			if o.ours && !seen[k.name+" "+o.key] {
				column := strings.Index(p.lines[last[k.name]], " ; ") + 1
				p.add(t, last[k.name]+1, fmt.Sprintf("%-*s; %s", column, ";"+o.key+"="+o.shown()+" ", o.doc),
					"%s lacks %s in [%s]", p.file, o.key, k.name)
				last[k.name]++
			}
		}
	}
}

// optionOf returns the row of a key in sections of a kind, or nil.
func optionOf(kind, key string) *option {
	for _, name := range []string{kind, "program"} {
		for _, k := range kinds {
			if o := find(k.options, key); k.name == name && o != nil {
				return o
			}
		}
		if kind != "eventlistener" && kind != "fcgi-program" {
			break
		}
	}
	return nil
}

// TestPageShowsOptions: docs/extensions.md has a row for each key of ours, with its
// default.
func TestPageShowsOptions(t *testing.T) {
	p := readPage(t, "../docs/extensions.md")
	seen := map[string]bool{}
	sections, last := "", 0
	for i, line := range p.lines {
		cells := strings.Split(line, " | ")
		if strings.HasPrefix(line, "## Methods") { // the tables that follow have other rows
			break
		}
		if len(cells) < 4 || strings.HasPrefix(line, "| --- |") {
			continue
		}
		last = i
		if cells[0] != "| the same" {
			sections = cells[0]
		}
		key, def := strings.Trim(cells[1], "`"), strings.Trim(cells[2], "`")
		for _, k := range kinds {
			if o := find(k.options, key); strings.Contains(sections, "["+k.name) && o != nil && o.ours {
				seen[k.name+" "+key] = true
				if def != o.def && def != o.shown() && (def != "none" || o.def != "") {
					t.Errorf("%s: the default of %s is %s, its row says %s", p.file, key, def, o.def)
				}
			}
		}
	}
	for _, k := range kinds {
		header := "[" + k.name + "]"
		if strings.Contains(k.sample, "["+k.name+":") {
			header = "[" + k.name + ":x]"
		}
		for _, o := range k.options {
			if o.ours && !seen[k.name+" "+o.key] {
				last++
				p.add(t, last, fmt.Sprintf("| `%s` | `%s` | %s | %s |", header, o.key, orNone(o.def), o.doc), "%s lacks %s of [%s]", p.file, o.key, k.name)
			}
		}
	}
}

func orNone(def string) string {
	if def == "" {
		return "none"
	}
	return "`" + def + "`"
}

// TestConfigInfoShowsOptions: getAllConfigInfo, and the dump that is compared with
// upstream's, show each key of a program that upstream's answer has. Keys of ours are not
// among them: the answer is upstream's to the byte.
func TestConfigInfoShowsOptions(t *testing.T) {
	called := map[string]string{"user": "uid", "priority": "process_prio", "process_name": "name"}
	hidden := []string{"umask", "stopasgroup", "environment", "numprocs", "numprocs_start"}
	want := map[string]bool{"group": true, "inuse": true, "group_prio": true}
	dumped := dumpProcess(&Process{})
	for _, o := range programOptions(newProgram()) {
		if o.ours {
			continue
		}
		if !slices.Contains(hidden, o.key) {
			want[cmp.Or(called[o.key], o.key)] = true
		}
		_, under := dumped[o.key]
		if _, underOther := dumped[called[o.key]]; !under && !underOther && !strings.HasPrefix(o.key, "numprocs") {
			t.Errorf("config/dump_test.go lacks %s", o.key)
		}
	}
	info := reflect.TypeFor[api.ConfigInfo]()
	for field := range info.Fields() {
		member := field.Tag.Get("xmlrpc")
		if !want[member] {
			t.Errorf("rpc/api/config.go: the member %s belongs to no key of upstream's in config/options.go", member)
		}
		delete(want, member)
	}
	for member := range want {
		t.Errorf("rpc/api/config.go: getAllConfigInfo lacks %s", member)
	}
}
