package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// groupKinds are the kinds of sections that make up process groups.
var groupKinds = []string{"program", "eventlistener", "fcgi-program", "group"}

// TestEveryOptionHasAChange: Changes has one row for each key of a process group, no
// others, and each row says something.
func TestEveryOptionHasAChange(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{}
	for _, row := range Changes {
		if rows[row.Key] {
			t.Errorf("%s has two rows in config/change.go", row.Key)
		}
		if row.Change < Unchanged || row.Change > Restart {
			t.Errorf("%s: its row in config/change.go does not say what a new value asks for", row.Key)
		}
		rows[row.Key] = true
	}
	keys := map[string]bool{}
	for _, k := range kinds {
		if !slices.Contains(groupKinds, k.name) {
			continue
		}
		for _, o := range k.options {
			keys[o.key] = true
			if !rows[o.key] {
				t.Errorf("%s of [%s] has no row in config/change.go", o.key, k.name)
			}
		}
	}
	for key := range rows {
		if !keys[key] {
			t.Errorf("%s has a row in config/change.go, and no section has such a key", key)
		}
	}
}

// TestDifferencesFollowOptions: each option whose value differs is named, as its row in
// Changes has it, and nothing else is.
func TestDifferencesFollowOptions(t *testing.T) {
	t.Parallel()
	for key := range changeOf {
		if slices.Contains([]string{"numprocs", "numprocs_start", "process_name", "programs", "template", "numprocs_min", "numprocs_max"}, key) {
			continue // seen by the names of the processes
		}
		old, new := sampleGroup(), sampleGroup()
		at := fieldOf(new, key)
		if at == nil {
			continue // redirect_stderr of a listener
		}
		vary(reflect.ValueOf(at).Elem())
		found := Differences(old, new, old.Processes[0], new.Processes[0], nil)
		if len(found) != 1 || found[0].Key != key || found[0].Change != changeOf[key] {
			t.Errorf("%s: got %+v", key, found)
		}
	}
	old, new := sampleGroup(), sampleGroup()
	if found := Differences(old, new, old.Processes[0], new.Processes[0], nil); len(found) > 0 {
		t.Errorf("nothing has changed: got %+v", found)
	}
}

// sampleGroup is a group that has all kinds of keys at once.
func sampleGroup() *Group {
	p := newProgram()
	p.process.FastCGI = &FastCGI{}
	return &Group{Kind: KindEventListener, Listener: &Listener{}, Processes: []*Process{&p.process}}
}

// fieldOf returns the field of a sampleGroup that an option is read into.
func fieldOf(g *Group, key string) any {
	p := newProgram()
	for i, o := range programOptions(p) {
		if o.key == key {
			v := reflect.ValueOf(&p.process).Elem()
			return sameField(v, reflect.ValueOf(g.Processes[0]).Elem(), programOptions(p)[i].at)
		}
	}
	for _, options := range [][]option{g.listenerOptions(&section{}), g.Processes[0].FastCGI.options("")} {
		if o := find(options, key); o != nil {
			return o.at
		}
	}
	return nil
}

// sameField returns a pointer to the field of to that at points to in from.
func sameField(from, to reflect.Value, at any) any {
	for i := range from.NumField() {
		if from.Field(i).Addr().Interface() == at {
			return to.Field(i).Addr().Interface()
		}
		if from.Field(i).Kind() == reflect.Struct {
			if found := sameField(from.Field(i), to.Field(i), at); found != nil {
				return found
			}
		}
	}
	return nil
}

// TestDifferences: values are shown as a file has them, secrets not at all, and each with
// the line that it comes from.
func TestDifferences(t *testing.T) {
	t.Parallel()
	const before = `[supervisord]
environment=ALL=old
[program:web]
command=/bin/web
autorestart=unexpected
stopsignal=TERM
stdout_logfile=NONE
umask=022
environment=TOKEN=alpha,KEEP=1,GONE=beta
stdout_logfile_maxbytes=1MB
exitcodes=0,2
backoff_delay=2s
serverurl=http://u:gamma@h:1/
[eventlistener:ears]
command=/bin/ears
events=TICK_5,TICK_60
[group:both]
programs=a
priority=3
[program:a]
command=/bin/a
`
	const after = `[DEFAULT]
startretries=unlimited
[supervisord]
environment=ALL=new
[include]
files=more.conf
[eventlistener:ears]
command=/bin/ears
events=TICK_60,EVENT
payload_length=bytes
[group:both]
programs=a
priority=4
[program:a]
command=/bin/a
`
	const more = `[program:web]
command=/bin/web -x
autorestart=true
stopsignal=INT
environment=TOKEN=delta,KEEP=1
stdout_logfile_maxbytes=10KB
exitcodes=0
ready=tcp:localhost:80
serverurl=http://u:epsilon@h:1/
`
	old := loadFiles(t, map[string]string{"s.conf": before})
	new := loadFiles(t, map[string]string{"s.conf": after, "more.conf": more})
	var b strings.Builder
	for _, g := range new.Groups {
		was := old.Groups[slices.IndexFunc(old.Groups, func(o *Group) bool { return o.Name == g.Name })]
		for i, p := range g.Processes {
			fmt.Fprintf(&b, "%s\n", p.Name)
			for _, d := range Differences(was, g, was.Processes[i], p, new.Origins) {
				dir, file := filepath.Split(d.Origin)
				_ = dir
				fmt.Fprintf(&b, "  [%s] %s: %s -> %s (%s) %s\n", d.Section, d.Key, d.Old, d.New, file, d.Change)
			}
		}
	}
	const want = `ears
  [eventlistener:ears] startretries: 3 -> unlimited (s.conf:2) live
  [supervisord] environment: ALL=*** -> ALL=*** (s.conf:4) restart
  [eventlistener:ears] payload_length: characters -> bytes (s.conf:10) restart
  [eventlistener:ears] events: TICK_5,TICK_60 -> EVENT,TICK_60 (s.conf:9) live
a
  [program:a] startretries: 3 -> unlimited (s.conf:2) live
  [supervisord] environment: ALL=*** -> ALL=*** (s.conf:4) restart
  [group:both] priority: 3 -> 4 (s.conf:13) live
web
  [program:web] autorestart: unexpected -> true (more.conf:3) live
  [program:web] startsecs: 1 -> 0 (more.conf) unchanged
  [program:web] startretries: 3 -> unlimited (s.conf:2) live
  [program:web] stopsignal: TERM -> INT (more.conf:4) live
  [program:web] exitcodes: 0,2 -> 0 (more.conf:7) live
  [program:web] serverurl: http://u:xxxxx@h:1/ -> http://u:xxxxx@h:1/ (more.conf:9) restart
  [program:web] umask: 022 ->  (more.conf) restart
  [program:web] backoff_delay: 2 -> 0 (more.conf) live
  [program:web] backoff_reset: 20 -> 0 (more.conf) live
  [program:web] stdout_logfile: NONE -> AUTO (more.conf) restart
  [program:web] stdout_logfile_maxbytes: 1MB -> 10KB (more.conf:6) live
  [program:web] ready:  -> tcp:localhost:80 (more.conf:8) unchanged
  [program:web] command: /bin/web -> /bin/web -x (more.conf:2) restart
  [program:web] environment: ALL=***,GONE=***,TOKEN=*** -> ALL=***,TOKEN=*** (more.conf:5) restart
`
	if got := b.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for _, secret := range []string{"alpha", "beta", "gamma", "delta", "epsilon"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("it shows %s, which is secret", secret)
		}
	}
}

func loadFiles(t *testing.T, files map[string]string) *Config {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := (&Loader{Path: filepath.Join(dir, "s.conf")}).Load()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestShownValues: a value that is shown means the same when it is read.
func TestShownValues(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"500ms", "2", "59", "1m", "1m30s", "2h", "1h30m", "90m"} {
		if d, err := parseDuration(text); err == nil {
			if again, err := parseDuration(shownDuration(d)); err == nil && again != d {
				t.Errorf("%s is shown as %s", text, shownDuration(d))
			}
		}
	}
	for value, want := range map[int64]string{0: "0", 1000: "1000", 1024: "1KB", 50 << 20: "50MB", 3 << 30: "3GB"} {
		if got := shownBytes(value); got != want {
			t.Errorf("%d is shown as %s", value, got)
		}
	}
}

// TestPageShowsChanges: the table in docs/changing.md has what Changes says. With -update
// it is written.
func TestPageShowsChanges(t *testing.T) {
	const file, head = "../docs/changing.md", "| key | takes | |\n| --- | --- | --- |\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), head)
	if !found {
		t.Fatalf("%s has no table of keys", file)
	}
	for strings.HasPrefix(rest, "|") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	var rows strings.Builder
	for _, row := range Changes {
		fmt.Fprintf(&rows, "| `%s` | %s | %s |\n", row.Key, row.Change, row.Why)
	}
	want := before + head + rows.String() + rest
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("%s differs from config/change.go: go test ./config -run Shows -update", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
