package compat

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// refusedFiles is a configuration in three files.
var refusedFiles = map[string]string{
	"supervisord.conf": "{{.Base}}\n[include]\nfiles=a.conf b.conf\n[program:other]\ncommand=/bin/cat\nautostart=false\nstartsecs=0\n",
	"a.conf":           "[program:web]\ncommand=/bin/cat\nstartsecs=0\n[program:worker]\ncommand=/bin/cat\nstartsecs=0\nprocess_name=w%(process_num)d\nnumprocs=2\nnumprocs_max=5\n",
	"b.conf":           "[program:db]\ncommand=/bin/cat\nstartsecs=0\n[fcgi-program:php]\ncommand=/bin/sleep 600\nstartsecs=0\nsocket=unix://{{.Dir}}/php.sock\n",
}

// refusedChange is what a change would be that can be carried out: every process but one
// would change.
var refusedChange = map[string]string{
	"a.conf": "[program:web]\ncommand=/bin/cat -u\nstartsecs=0\n[program:worker]\ncommand=/bin/cat\nstartsecs=0\nstopsignal=INT\nprocess_name=w%(process_num)d\nnumprocs=1\n[program:new]\ncommand=/bin/cat\n",
	"b.conf": "[program:db]\ncommand=/bin/cat\nstartsecs=0\npriority=1\n[fcgi-program:php]\ncommand=/bin/sleep 601\nstartsecs=0\nsocket=unix://{{.Dir}}/php.sock\n",
}

// refusedWays are ways in which an update fails. What edit returns for a file comes in its
// place, after refusedChange.
var refusedWays = []struct {
	name   string
	groups []string
	edit   map[string]string
	before func(in *instance) (after func())
	want   string
}{
	{name: "a bad value in a group that is not meant", groups: []string{"web"}, edit: map[string]string{"b.conf": "[program:db]\ncommand=/bin/cat\nstopsignal=NOSUCH\n"}, want: "NOSUCH"},
	{name: "no command in an included file", edit: map[string]string{"b.conf": "[program:db]\nstartsecs=0\n"}, want: "does not specify a command"},
	{name: "an included file that is none", groups: []string{"web"}, edit: map[string]string{"b.conf": "what is this?\n"}, want: "contains no section headers"},
	{name: "an unknown name in a value", edit: map[string]string{"b.conf": "[program:db]\ncommand=/bin/cat %(nosuch)s\n"}, want: "nosuch"},
	{name: "a group of unknown programs", groups: []string{"web"}, edit: map[string]string{"b.conf": "[group:all]\nprograms=db,nosuch\n[program:db]\ncommand=/bin/cat\n"}, want: "nosuch"},
	{name: "numprocs without numbers", edit: map[string]string{"b.conf": "[program:db]\ncommand=/bin/cat\nnumprocs=2\n"}, want: "numprocs"},
	{name: "an unknown user", edit: map[string]string{"b.conf": "[program:db]\ncommand=/bin/cat\nuser=no-such-user\n"}, want: "no-such-user"},
	{name: "a key of ours with a bad value", groups: []string{"web"}, edit: map[string]string{"b.conf": "[program:db]\ncommand=/bin/cat\nhealth_retries=none\n"}, want: "health_retries"},
	{name: "an unknown dependency", groups: []string{"web"}, edit: map[string]string{"b.conf": "[program:db]\ncommand=/bin/cat\ndepends_on=nosuch\n"}, want: "nosuch"},
	{name: "a circle", edit: map[string]string{"b.conf": "[program:db]\ncommand=/bin/cat\ndepends_on=d2\n[program:d2]\ncommand=/bin/cat\ndepends_on=db\n"}, want: "circle"},
	{name: "a template that is missing", groups: []string{"web"}, edit: map[string]string{"b.conf": "[program:db]\ncommand=/bin/cat\ntemplate=nosuch\n"}, want: "nosuch"},
	{name: "an unknown group", groups: []string{"web", "nosuch"}, want: "no such group: nosuch"},
	{name: "no file", before: func(in *instance) func() {
		in.must(os.Rename(in.path("supervisord.conf"), in.path("moved")))
		return func() { in.must(os.Rename(in.path("moved"), in.path("supervisord.conf"))) }
	}, want: "CANT_REREAD"},
	{name: "no place for a log", before: func(in *instance) func() {
		in.must(os.Rename(in.path("logs"), in.path("moved")))
		in.must(os.Symlink("/proc", in.path("logs"))) // where nobody can make files
		return func() {
			in.must(os.Remove(in.path("logs")))
			in.must(os.Rename(in.path("moved"), in.path("logs")))
		}
	}, want: "cannot create the stdout log of new"},
	{name: "no directory of logs", before: func(in *instance) func() {
		in.must(os.Rename(in.path("logs"), in.path("moved")))
		return func() { in.must(os.Rename(in.path("moved"), in.path("logs"))) }
	}, want: "is not an existing directory"},
	{
		name: "no place for a socket", want: "Could not create FastCGI socket",
		edit: map[string]string{"b.conf": "[program:db]\ncommand=/bin/cat\n[fcgi-program:php]\ncommand=/bin/sleep 600\nsocket=unix://{{.Dir}}/nowhere/php.sock\n"},
	},
}

// TestRefusedUpdate: an update that can't be carried out, for whatever reason, changes
// nothing: not a process, not what is configured, no file.
func TestRefusedUpdate(t *testing.T) {
	in := hostile(t, "")
	put := func(files map[string]string) {
		for name, text := range files {
			in.must(in.write(name, in.expand.Replace(text)))
		}
	}
	put(refusedFiles)
	in.mustStart()
	in.wantStates("db RUNNING, php RUNNING, web RUNNING, w0 RUNNING, w1 RUNNING")
	in.verb("worker:w2: started", "scale", "worker", "3")
	in.verb("web: disabled", "disable", "web")
	config := "-c" + in.path("ctl.conf") // the other one is missing at times
	in.must(in.write("ctl.conf", in.read("supervisord.conf")))
	in.verb("No config updates to processes", "reread")
	before := in.everything()
	for _, way := range refusedWays {
		put(refusedChange)
		put(way.edit)
		after := func() {}
		if way.before != nil {
			after = way.before(in)
		}
		for _, args := range [][]string{{"update", "--by-process"}, {"update", "--by-process", "--json"}} {
			cmd := in.command(ours.ctl, slices.Concat([]string{config}, args, way.groups)...)
			out, _ := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != 1 || !strings.HasPrefix(string(out), "ERROR: ") || !strings.Contains(string(out), way.want) {
				t.Errorf("%s: %v ended with %s: %s", way.name, args, exitText(cmd), out)
			}
		}
		after()
		put(refusedFiles)
		if now := in.everything(); now != before {
			t.Errorf("%s: before\n%s\nafter\n%s", way.name, before, now)
		}
		in.verb("No config updates to processes", "reread")
	}
	// The same change without an error is carried out.
	put(refusedChange)
	in.verb("db: live\nnew: add\nphp: restart (command)\nweb: restart (command)\nworker:w0: live\nworker:w1: remove\nworker:w2: remove", "update", "--by-process")
	in.stopDaemon()
}

// everything is what an update can change: processes, the configuration that was read, and
// files.
func (in *instance) everything() string {
	in.t.Helper()
	var b strings.Builder
	processes, err := in.call("supervisor.getAllProcessInfo")
	in.must(err)
	for _, p := range processes.items {
		for _, m := range []string{"group", "name", "statename", "pid", "start", "stop", "spawnerr", "stdout_logfile", "stderr_logfile"} {
			fmt.Fprintf(&b, "%s ", p.member(m).text)
		}
		b.WriteByte('\n')
	}
	config, err := in.call("supervisor.getAllConfigInfo")
	in.must(err)
	for _, p := range config.items {
		for _, m := range p.items {
			fmt.Fprintf(&b, "%s ", m.text)
		}
		b.WriteByte('\n')
	}
	for _, dir := range []string{".", "logs"} {
		files, err := filepath.Glob(in.path(dir + "/*"))
		in.must(err)
		fmt.Fprintln(&b, files)
	}
	return b.String() + in.read("supervisord.state")
}
