package compat

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestRealChanges edits configurations like those that people have ten times, and then
// at random, with programs that somebody has stopped: what `update --dry-run` says is what
// `update --by-process` does. testdata/changes has the configurations, the edits, and below
// each edit the plan, which -update-ours rewrites.
func TestRealChanges(t *testing.T) {
	files, err := filepath.Glob("testdata/changes/*.txtar")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w := &changes{instance: hostile(t, ""), files: map[string]string{}}
			for i := range archive.Files {
				switch f := &archive.Files[i]; {
				case f.Name == "begins":
					w.begins = string(f.Data)
				case strings.HasPrefix(f.Name, "edit "):
					w.edits = append(w.edits, f)
				default:
					w.files[f.Name] = string(f.Data)
				}
			}
			w.play()
			if *updateOurs && !t.Failed() {
				w.must(os.WriteFile(file, txtar.Format(archive), 0o644))
			}
		})
	}
}

// changes is a configuration that is edited while it is in force.
type changes struct {
	*instance
	begins string            // what runs at first
	files  map[string]string // as they were at first
	edits  []*txtar.File
}

const randomChanges = 8

func (w *changes) play() {
	w.put(w.files)
	w.mustStart()
	w.await(w.begins, func() bool { return w.states() == w.begins })
	now := w.files
	for _, e := range w.edits {
		text, want, _ := strings.Cut(string(e.Data), "----\n")
		next, applies := edited(now, text)
		if !applies {
			w.t.Fatalf("%s: its lines are not there", e.Name)
		}
		now = next
		w.put(now)
		got := w.compare(e.Name)
		if e.Data = []byte(text + "----\n" + got); !*updateOurs && got != want {
			w.t.Errorf("%s: the plan is\n%swant\n%s", e.Name, got, want)
		}
	}
	if len(w.edits) != 10 {
		w.t.Errorf("there are %d edits", len(w.edits))
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range randomChanges {
		if w.t.Failed() {
			return
		}
		w.disturb(r)
		w.shuffle(r)
		w.compare(fmt.Sprintf("random change %d of seed %d", i, seed))
	}
	w.served()
	w.stopDaemon()
}

func (w *changes) put(files map[string]string) {
	w.t.Helper()
	for name, text := range files {
		w.must(w.write(name, w.expand.Replace(text)))
	}
}

// edited carries out an edit, and reports whether all the lines that it replaces are
// there.
func edited(files map[string]string, edit string) (next map[string]string, applies bool) {
	next = maps.Clone(files)
	var name, from, to string
	replace := func() bool {
		if from == "" {
			return true
		}
		before, after, found := strings.Cut("\n"+next[name], "\n"+from)
		next[name] = strings.TrimPrefix(before+"\n"+to+after, "\n")
		from, to = "", ""
		return found
	}
	for line := range strings.Lines(edit) {
		switch line[0] {
		case '-':
			if to != "" && !replace() {
				return nil, false
			}
			from += line[1:]
		case '+':
			to += line[1:]
		default:
			if !replace() {
				return nil, false
			}
			name = strings.TrimSpace(line)
		}
	}
	return next, replace()
}

// shuffle writes the configuration with a part of the edits.
func (w *changes) shuffle(r *rand.Rand) {
	now := w.files
	for _, e := range w.edits {
		text, _, _ := strings.Cut(string(e.Data), "----\n")
		if next, applies := edited(now, text); applies && r.IntN(2) == 0 {
			now = next
		}
	}
	w.put(now)
}

// disturb stops some programs, and starts others.
func (w *changes) disturb(r *rand.Rand) {
	for _, p := range w.processes() {
		if p.name == "other" || strings.Contains(w.begins, p.name+" EXITED\n") {
			continue // the one has to be off in the end, and those end by themselves
		}
		switch name := p.group + ":" + p.name; r.IntN(8) {
		case 0:
			_, _ = w.call("supervisor.stopProcess", name)
		case 1, 2:
			_, _ = w.call("supervisor.startProcess", name)
		}
	}
}

// seenProcess is a process as getAllProcessInfo shows it.
type seenProcess struct {
	group, name, state string
	pid                int
	waits              bool // its start waits for what it needs
}

func (p *seenProcess) String() string {
	name := p.name
	if p.group != p.name {
		name = p.group + ":" + p.name
	}
	return name + " " + p.state
}

func (w *changes) processes() (all []seenProcess) {
	w.t.Helper()
	v, err := w.call("supervisor.getAllProcessInfo")
	w.must(err)
	for _, p := range v.items {
		all = append(all, seenProcess{
			p.member("group").text, p.member("name").text, p.member("statename").text, atoi(p.member("pid").text),
			strings.HasPrefix(p.member("description").text, "waiting for "),
		})
	}
	return all
}

func (w *changes) states() string {
	var lines []string
	for _, p := range w.processes() {
		lines = append(lines, p.String()+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// planEntry is a process of a plan.
type planEntry struct {
	Name, Group, Action, Reason string
	Keys                        []struct{ Key, Old, New, Change string }
}

// compare updates, and compares what the plan says with what then happens. It returns the
// plan.
func (w *changes) compare(what string) string {
	w.t.Helper()
	before := w.processes()
	said := w.ctlOut(w.planExit(), "update", "--dry-run", "--json")
	done := w.ctlOut("0", "update", "--by-process", "--json")
	if said != done {
		w.t.Errorf("%s: the plan was\n%swhat was done is\n%s", what, said, done)
	}
	var plan []planEntry
	w.must(json.Unmarshal([]byte(done), &plan))
	wrong := ""
	if !w.poll(func() bool { wrong = w.wrong(plan, before); return wrong == "" }) {
		w.t.Errorf("%s: %s\nthe plan was\n%s", what, wrong, said)
	}
	w.ctlOut("0", "update", "--dry-run") // nothing is left to do
	if out := w.ctlOut("0", "reread"); out != "No config updates to processes\n" {
		w.t.Errorf("%s: after the update a reread finds %s", what, out)
	}
	return planText(plan, w.dir)
}

// planExit is the exit status of a plan: 10 if there is something to do.
func (w *changes) planExit() string {
	v, err := w.call("reeve.getPlan", []any{})
	w.must(err)
	for _, e := range v.items {
		if e.member("action").text != "none" {
			return "10"
		}
	}
	return "0"
}

// planText is a plan without what has nothing to do.
func planText(plan []planEntry, dir string) string {
	var b strings.Builder
	for _, e := range plan {
		if e.Action == "none" {
			continue
		}
		fmt.Fprintf(&b, "%s:%s %s", e.Group, e.Name, e.Action)
		if e.Reason != "" {
			fmt.Fprintf(&b, " (%s)", e.Reason)
		}
		for _, k := range e.Keys {
			fmt.Fprintf(&b, " %s", k.Key)
		}
		b.WriteByte('\n')
	}
	return strings.ReplaceAll(b.String(), dir, "{{.Dir}}")
}

// wrong returns what is not as the plan says; empty: nothing.
func (w *changes) wrong(plan []planEntry, before []seenProcess) string {
	after := w.processes()
	find := func(all []seenProcess, e *planEntry) seenProcess {
		i := slices.IndexFunc(all, func(p seenProcess) bool { return p.group == e.Group && p.name == e.Name })
		if i < 0 {
			return seenProcess{}
		}
		return all[i]
	}
	starts := w.autostarts()
	for i := range plan {
		e := &plan[i]
		was, is := find(before, e), find(after, e)
		if problem := e.problem(was, is, starts[e.Group+":"+e.Name]); problem != "" {
			return fmt.Sprintf("%s:%s: %s: %s, before %v %d, after %v %d", e.Group, e.Name, e.Action, problem, was.state, was.pid, is.state, is.pid)
		}
		if is.pid != 0 && (e.Action == "restart" || e.Action == "add") {
			if problem := w.command(e, is.pid); problem != "" {
				return problem
			}
		}
		after = slices.DeleteFunc(after, func(p seenProcess) bool { return p == is })
	}
	if len(after) > 0 {
		return fmt.Sprintf("%v is not in the plan", after)
	}
	return ""
}

// problem compares a process before and after with the entry.
func (e *planEntry) problem(was, is seenProcess, autostart bool) string {
	there := is.name != ""
	switch e.Action {
	case "none", "live":
		if is.pid != was.pid || is.state != was.state {
			return "it has changed"
		}
	case "restart":
		if is.pid == was.pid || is.state != "RUNNING" && !is.waits {
			return "it was not restarted"
		}
	case "start":
		if was.pid != 0 || is.pid == 0 && is.state != "EXITED" && !is.waits {
			return "it was not started"
		}
	case "stop":
		if is.state != "STOPPED" {
			return "it was not stopped"
		}
	case "add":
		if was.name != "" || !there || autostart != (is.pid != 0 || is.waits) {
			return "it was not added, or whether it runs is not as autostart says"
		}
	case "remove":
		if was.name == "" || there {
			return "it was not removed"
		}
	}
	return ""
}

// autostarts returns autostart of each process that is configured.
func (w *changes) autostarts() map[string]bool {
	v, err := w.call("supervisor.getAllConfigInfo")
	w.must(err)
	all := map[string]bool{}
	for _, p := range v.items {
		all[p.member("group").text+":"+p.member("name").text] = p.member("autostart").text == "1"
	}
	return all
}

// command returns what is wrong with the command that a process runs.
func (w *changes) command(e *planEntry, pid int) string {
	v, err := w.call("supervisor.getAllConfigInfo")
	w.must(err)
	for _, p := range v.items {
		if p.member("group").text == e.Group && p.member("name").text == e.Name {
			args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			runs := strings.TrimSuffix(strings.ReplaceAll(string(args), "\x00", " "), " ")
			if configured := strings.ReplaceAll(p.member("command").text, `"`, ""); runs != configured {
				return fmt.Sprintf("%s runs %q, not %q", e.Name, runs, configured)
			}
		}
	}
	return ""
}
