package config

import (
	"cmp"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// kinds are the kinds of sections, each with a section that can be read and its table.
// The keys of a program are also those of an event listener and a FastCGI program.
var kinds = []struct {
	name, sample string
	options      []option
}{
	{"supervisord", "[supervisord]\n", (&builder{cfg: &Config{}}).supervisordOptions()},
	{"supervisorctl", "[supervisorctl]\n", new(CtlConfig).options("")},
	{"unix_http_server", "[unix_http_server]\nfile=/s\n", new(Server).unixOptions("")},
	{"inet_http_server", "[inet_http_server]\nport=1\n", new(Server).inetOptions()},
	{"program", "[template:web]\n[program:db]\ncommand=x\n[program:cache]\ncommand=x\n[program:x]\ncommand=x\n", programOptions(newProgram())},
	{"eventlistener", "[eventlistener:x]\ncommand=x\nevents=TICK\n", (&Group{Listener: &Listener{}}).listenerOptions(&section{})},
	{"fcgi-program", "[fcgi-program:x]\ncommand=x\nsocket=unix:///s\n", new(FastCGI).options("")},
	{"group", "[group:x]\nprograms=\n", new(Group).options(new([]string))},
	{"include", "[include]\nfiles=x\n", includeOptions(new(string))},
	{"rpcinterface", "", []option{new(Plugin).factory("supervisor.rpcinterface_factory")}},
	{"ctlplugin", "", []option{new(Plugin).factory("supervisor.ctl_factory")}},
}

func programOptions(p *program) []option { return slices.Concat(p.shared, p.each) }

// find returns the row of a key, or nil.
func find(options []option, key string) *option {
	if i := slices.IndexFunc(options, func(o option) bool { return o.key == key }); i >= 0 {
		return &options[i]
	}
	return nil
}

// anyText are our keys that take every text here; their values are checked on use.
var anyText = []string{"color", "state_file"}

// TestOurOptions: the default and the example of a key of ours are accepted, and a wrong
// value is refused by an error with key, value, section and file.
func TestOurOptions(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, o := range kind.options {
			if !o.ours {
				continue
			}
			var b strings.Builder
			b.WriteString(kind.sample)
			for needs := o.needs; needs != ""; {
				needed := find(kind.options, needs)
				if needed == nil {
					t.Errorf("%s of [%s] needs %s, which is not in the table", o.key, kind.name, needs)
					break
				}
				b.WriteString(needed.key + "=" + needed.shown() + "\n")
				needs = needed.needs
			}
			lines := b.String()
			if o.doc == "" || o.shown() == "" {
				t.Errorf("%s of [%s]: the row lacks a text, or what the sample can show", o.key, kind.name)
			}
			for _, good := range []string{cmp.Or(o.def, o.shown()), o.shown()} {
				if err := loadText(t, lines+o.key+"="+good+"\n"); err != nil {
					t.Errorf("%s of [%s]: the value %s of its row is refused: %v", o.key, kind.name, good, err)
				}
			}
			err := loadText(t, lines+o.key+"=no such value\n")
			for _, part := range []string{"invalid " + o.key + " value", "no such value", kind.name, "(file: '"} {
				if !slices.Contains(anyText, o.key) && !strings.Contains(errorText(err), part) {
					t.Errorf("%s of [%s]: the error of a wrong value lacks %q: %v (a key that takes any text belongs in anyText)", o.key, kind.name, part, err)
				}
			}
		}
	}
}

// shown is what the sample file shows.
func (o *option) shown() string { return cmp.Or(o.example, o.def) }

// loadText reads a file as the daemon does, or as the client if it begins with the
// client's section.
func loadText(t *testing.T, text string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), mainFile)
	if err := os.WriteFile(path, []byte(text+"[supervisord]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(text, "[supervisorctl]") {
		_, err := LoadCtl(path, nil)
		return err
	}
	_, err := (&Loader{Path: path}).Load()
	return err
}

// TestNeeds: a key that means nothing without another one is refused without it.
func TestNeeds(t *testing.T) {
	t.Parallel()
	d := newDocument()
	d.begin("program:x", "FILE")
	d.set(d.section("program:x"), "b", "1")
	var a, b int
	options := []option{{key: "a", ours: true, field: into(&a, ParseInt)}, {key: "b", needs: "a", ours: true, field: into(&b, ParseInt)}}
	s := (&builder{doc: d}).section("program:x", newNames())
	if got := errorText(s.read(options)); got != "b is given without a, in section [program:x] (file: 'FILE')" {
		t.Error(got)
	}
	d.set(d.section("program:x"), "a", "x")
	s.ofProgram = true
	if got := errorText(s.read(options)); got != "invalid a value: invalid literal for int() with base 10: 'x'," {
		t.Error(got)
	}
	d.set(d.section("program:x"), "a", "2")
	if err := s.read(options); err != nil || a != 2 || b != 1 {
		t.Errorf("a=%d b=%d, %v", a, b, err)
	}
}

// TestEveryFieldHasAnOption: a field that no row reads is one that a file cannot set.
func TestEveryFieldHasAnOption(t *testing.T) {
	t.Parallel()
	p, g, c, f := newProgram(), &Group{Listener: &Listener{}}, new(CtlConfig), new(FastCGI)
	b, unix, inet := &builder{cfg: &Config{}}, new(Server), new(Server)
	for _, of := range []struct {
		of      any
		options []option
		derived []string // not read by a row of their own
	}{
		{&b.cfg.Supervisord, b.supervisordOptions(), []string{"User"}},
		{c, c.options(""), []string{"Plugins"}},
		{unix, unix.unixOptions(""), []string{"Section", "Host", "Port"}},
		{inet, inet.inetOptions(), []string{"Section", "Host", "Path", "Mode", "Owner"}},
		{&p.process, programOptions(p), []string{
			"Program", "Stdout.Auto", "Stdout.Empty", "Stderr.Auto", "Stderr.Empty", "FastCGI", "Ready", "Needs",
		}},
		{g.Listener, g.listenerOptions(&section{}), nil},
		{f, f.options(""), []string{"Network", "Address"}},
	} {
		v := reflect.ValueOf(of.of).Elem()
		names := unread(v, "", of.options)
		for _, derived := range of.derived {
			n := len(names)
			names = slices.DeleteFunc(names, func(name string) bool { return name == derived || strings.HasPrefix(name, derived+".") })
			if len(names) == n {
				t.Errorf("%s.%s: an option is read into it, so take it off the list in this test", v.Type(), derived)
			}
		}
		for _, name := range names {
			t.Errorf("%s.%s: no option in config/options.go is read into it", v.Type(), name)
		}
	}
}

// unread returns the names of the fields of a struct, and of the structs in it, that no
// option is read into.
func unread(v reflect.Value, prefix string, options []option) (names []string) {
	for i := range v.NumField() {
		at, f := v.Field(i).Addr().Interface(), v.Type().Field(i)
		switch {
		case slices.ContainsFunc(options, func(o option) bool { return o.at == at }):
		case f.Anonymous:
			names = append(names, unread(v.Field(i), prefix, options)...)
		case f.Type.Kind() == reflect.Struct:
			names = append(names, unread(v.Field(i), prefix+f.Name+".", options)...)
		default:
			names = append(names, prefix+f.Name)
		}
	}
	return names
}

// TestDiffFollowsOptions: a group has changed, for upstream's update, if the value of any
// option has, whatever Changes says.
func TestDiffFollowsOptions(t *testing.T) {
	t.Parallel()
	type table struct {
		group   *Group
		options []option
	}
	program := func() table {
		p := newProgram()
		return table{&Group{Processes: []*Process{&p.process}}, programOptions(p)}
	}
	listener := func() table {
		g := &Group{Kind: KindEventListener, Listener: &Listener{}}
		return table{g, g.listenerOptions(&section{})}
	}
	fastCGI := func() table {
		f := &FastCGI{}
		return table{&Group{Kind: KindFastCGI, Processes: []*Process{{FastCGI: f}}}, f.options("")}
	}
	for _, make := range []func() table{program, listener, fastCGI} {
		for i, o := range make().options {
			if slices.Contains([]string{"numprocs", "numprocs_start", "numprocs_min", "numprocs_max"}, o.key) || o.at == nil {
				continue // Diff sees the number and the names of the processes; the range is for scale
			}
			active, read := make(), make()
			vary(reflect.ValueOf(read.options[i].at).Elem())
			_, changed, _ := Diff([]*Group{active.group}, []*Group{read.group})
			if len(changed) == 0 {
				t.Errorf("%s: Diff in config/diff.go does not see that it has changed", o.key)
			}
		}
	}
}

// vary gives v another value.
func vary(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8, reflect.Uint32:
		v.SetUint(v.Uint() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 1)
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Struct:
		vary(v.Field(0))
	default:
		panic("no other value for a " + v.Kind().String())
	}
}
