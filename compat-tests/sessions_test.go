package compat

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sessions are the pages that show what supervisorctl prints, with what happens before each
// of their sessions: first, files are written and the daemon starts. The programs that the
// pages name belong to somebody else: others stand in.
var sessions = map[string][]func(in *instance, page string){
	"rolling": {
		func(in *instance, page string) {
			in.conf("web", strings.Replace(blockOf(in.t, page, "ini"), "/srv/web", `/bin/sh -c "echo listening; exec sleep 1000"`, 1))
		},
		func(*instance, string) {},
		func(in *instance, _ string) {
			in.conf("web", strings.Replace(in.read("conf.d/web.conf"), "command = ", "startretries = 0\ncommand = /bin/false ", 1))
		},
	},
	"changing": {
		func(in *instance, page string) {
			in.conf("web", "[program:web]\ncommand = sleep 1000\n")
			in.conf("mail", "[program:mail]\ncommand = sleep 1000\n\n")
			in.conf("worker", blockOf(in.t, page, "ini"))
		},
		func(in *instance, page string) {
			in.conf("mail", "[program:mail]\ncommand = sleep 1000\n\nuser = mail\n")
			in.conf("worker", strings.NewReplacer("= 10\n", "= 12\n", "= 30\n", "= 60\n").Replace(blockOf(in.t, page, "ini")))
		},
	},
}

// TestSessionsOfDocs plays the sessions that pages show: every command prints what the page
// says; a line "…" stands for any others.
func TestSessionsOfDocs(t *testing.T) {
	if ours.why != "" {
		t.Skip(ours.why)
	}
	for name, before := range sessions {
		t.Run(name, func(t *testing.T) {
			if name == "changing" && os.Getuid() != 0 {
				t.Skip("a user= needs root")
			}
			text, err := os.ReadFile("../docs/" + name + ".md")
			if err != nil {
				t.Fatal(err)
			}
			page := string(text)
			in := hostile(t, "")
			in.must(os.MkdirAll(in.path("conf.d"), 0o755))
			common, _, _ := strings.Cut(in.read("supervisord.conf"), "[program:other]")
			in.must(in.write("supervisord.conf", common+"\n[include]\nfiles = conf.d/*.conf\n"))
			before[0](in, page)
			in.mustStart()
			in.await("all programs RUNNING", func() bool {
				all, err := in.call("supervisor.getAllProcessInfo")
				return err == nil && len(all.items) > 0 && !slices.ContainsFunc(all.items, func(v value) bool { return v.member("statename").text != "RUNNING" })
			})
			shown := regexp.MustCompile("(?s)\n```console\n(.*?)```\n").FindAllStringSubmatch(page, -1)
			if len(shown) != len(before)-1 {
				t.Fatalf("the page has %d sessions, and there are %d preparations", len(shown), len(before)-1)
			}
			for i, session := range shown {
				before[i+1](in, page)
				in.play(session[1])
			}
			in.stopDaemon()
		})
	}
}

func blockOf(t *testing.T, page, language string) string {
	t.Helper()
	m := regexp.MustCompile("(?s)\n```" + language + "\n(.*?)```\n").FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page has no block ", language)
	}
	return m[1]
}

// conf writes an included file.
func (in *instance) conf(name, text string) {
	in.t.Helper()
	in.must(in.write(filepath.Join("conf.d", name+".conf"), text))
}

// play runs the commands of a session and compares what they print.
func (in *instance) play(session string) {
	in.t.Helper()
	for command := range strings.SplitSeq(strings.TrimPrefix(session, "$ "), "\n$ ") {
		line, want, _ := strings.Cut(command, "\n")
		words := strings.Fields(line)
		if words[0] != "supervisorctl" {
			in.t.Fatalf("the page runs %s", line)
		}
		out, _ := in.command(ours.ctl, append([]string{"-c", in.path("supervisord.conf")}, words[1:]...)...).CombinedOutput()
		got := strings.ReplaceAll(string(out), in.dir, "/etc/supervisor")
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimRight(want, "\n")+"\n"), "…\n", "(?:.*\n)*")
		if !regexp.MustCompile("^" + pattern + "$").MatchString(strings.TrimRight(got, "\n") + "\n") {
			in.t.Errorf("%s prints\n%s\nthe page shows\n%s", line, got, want)
		}
	}
}
