package compat

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// flagRow is an option that an old action of supervisorctl takes here: to upstream's it is
// a name that is not known.
type flagRow struct {
	row          string // of docs/compat.md
	line         string
	theirs, ours string // output, both channels
	theirExit    int
	ourExit      int
}

var flagRows = []flagRow{
	{"ctl-update-options", "update --dry-run", "ERROR: no such group: --dry-run\n", "cat: none\nother: none\n", 1, 0},
	{"ctl-update-options", "update --by-process", "ERROR: no such group: --by-process\n", "", 1, 0},
	{"ctl-update-options", "update --by-group", "ERROR: no such group: --by-group\n", "", 1, 0},
	{"ctl-update-options", "update --json", "ERROR: no such group: --json\n", "Error: update accepts …", 1, 2},
	{"ctl-reread-diff", "reread --diff", "Error: reread accepts no arguments\n…", "cat: none\nother: none\n", 1, 0},
	{"ctl-json", "status --json other", "--json: ERROR (no such process)\nother                            STOPPED   Not started\n", "[\n {\"name\":\"other\",…", 3, 3},
	{"ctl-json", "avail --json", "Error: avail accepts no arguments\n…", "[\n {\"name\":\"cat\",…", 1, 0},
	{"ctl-wait", "start --wait 20 other", "--wait: ERROR (no such process)\n20: ERROR (no such process)\nother: started\n", "other: started\n", 1, 0},
	{"ctl-wait", "restart --wait 20 other", "--wait: ERROR (no such process)\n20: ERROR (no such process)\nother: stopped\n--wait: ERROR (no such process)\n20: ERROR (no such process)\nother: started\n", "other: stopped\nother: started\n", 1, 0},
	{"ctl-wait", "stop --wait 20 other", "--wait: ERROR (no such process)\n20: ERROR (no such process)\nother: stopped\n", "other: stopped\n", 1, 0},
	{"ctl-no-deps", "start --no-deps other", "--no-deps: ERROR (no such process)\nother: started\n", "other: started\n", 1, 0},
	{"ctl-no-deps", "restart --no-deps other", "--no-deps: ERROR (no such process)\nother: stopped\n--no-deps: ERROR (no such process)\nother: started\n", "other: stopped\nother: started\n", 1, 0},
	{
		"ctl-rolling", "restart --rolling other",
		"--rolling: ERROR (no such process)\nother: stopped\n--rolling: ERROR (no such process)\nother: started\n",
		"roll 1: other: restarting (1 of 1)\nroll 1: other: available\nroll 1: done; 1 restarted\n", 1, 0,
	},
	{"ctl-rolling", "update --rolling", "ERROR: no such group: --rolling\n", "roll 2: done; nothing to restart\n", 1, 0},
	{"ctl-patterns", "stop ot*", "ot*: ERROR (no such process)\n", "other: stopped\n", 1, 0},
	{"ctl-patterns", "clear o[a-z]*", "o[a-z]*: ERROR (no such process)\n", "other: cleared\n", 1, 0},
	{"ctl-color", "--color version", "Error: option --color not recognized\n…", "4.3.0+reeve.…", 2, 0},
	// What upstream knows is as it ever was, also where one of these stands nearby.
	{"", "update", "", "", 0, 0},
	{"", "update nosuch", "ERROR: no such group: nosuch\n", "ERROR: no such group: nosuch\n", 1, 1},
	{"", "reread --dif", "Error: reread accepts no arguments\n…", "Error: reread accepts no arguments\n…", 1, 1},
	{"", "reread", "No config updates to processes\n", "No config updates to processes\n", 0, 0},
	{"", "start --wate 20", "--wate: ERROR (no such process)\n20: ERROR (no such process)\n", "--wate: ERROR (no such process)\n20: ERROR (no such process)\n", 1, 1},
}

// TestNewFlags compares what both say to options that only ours has.
func TestNewFlags(t *testing.T) {
	for _, side := range []program{ours, oracle} {
		t.Run(side.name, func(t *testing.T) {
			t.Parallel()
			if side.why != "" {
				t.Skip(side.why)
			}
			const config = "{{.Base}}\n[program:cat]\ncommand=/bin/cat\nstartsecs=0\n[program:other]\ncommand=/bin/cat\nautostart=false\nstartsecs=0\n"
			s := &script{name: t.Name(), archive: &txtar.Archive{Files: []txtar.File{{Name: "supervisord.conf", Data: []byte(config)}}}}
			in, err := newInstance(t, s, side, side)
			if err != nil {
				t.Fatal(err)
			}
			in.mustStart()
			in.awaitRunning("cat")
			for _, r := range flagRows {
				want, exit := r.ours, r.ourExit
				if side.name == "oracle" {
					want, exit = r.theirs, r.theirExit
				}
				cmd := in.command(side.ctl, append([]string{"-c", in.path("supervisord.conf")}, strings.Fields(r.line)...)...)
				out, _ := cmd.CombinedOutput()
				begin, more := strings.CutSuffix(want, "…")
				if got := string(out); !strings.HasPrefix(got, begin) || !more && got != want || cmd.ProcessState.ExitCode() != exit {
					t.Errorf("%s: %s says %q and ends with %d; want %q and %d", r.line, side.name, got, cmd.ProcessState.ExitCode(), want, exit)
				}
			}
			in.stopDaemon()
		})
	}
}

func (in *instance) awaitRunning(name string) {
	in.t.Helper()
	in.await(name+" RUNNING", func() bool { return in.state(name) == "RUNNING" })
}
