package compat

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestDoesNotStay: groups that were added and removed at run time are after a restart what
// the file says, with Supervisor as with ours.
func TestDoesNotStay(t *testing.T) {
	for _, side := range []program{ours, oracle} {
		t.Run(side.name, func(t *testing.T) {
			t.Parallel()
			if side.why != "" {
				t.Skip(side.why)
			}
			const config = "{{.Base}}\n[program:db]\ncommand=/bin/cat\nstartsecs=0\n[program:web]\ncommand=/bin/cat\nstartsecs=0\n"
			s := &script{name: t.Name(), archive: &txtar.Archive{Files: []txtar.File{{Name: "supervisord.conf", Data: []byte(config)}}}}
			in, err := newInstance(t, s, side, side)
			if err != nil {
				t.Fatal(err)
			}
			in.mustStart()
			in.wantStates("db RUNNING, web RUNNING")
			in.must(in.write("supervisord.conf", in.read("supervisord.conf")+"[program:new]\ncommand=/bin/cat\nstartsecs=0\n[program:later]\ncommand=/bin/cat\nstartsecs=0\n"))
			ctl := func(want string, args ...string) {
				t.Helper()
				out, _ := in.command(side.ctl, append([]string{"-c", in.path("supervisord.conf")}, args...)...).CombinedOutput()
				if string(out) != want {
					t.Errorf("%v prints %q, want %q", args, out, want)
				}
			}
			ctl("later: available\nnew: available\n", "reread")
			ctl("new: added process group\n", "add", "new")
			ctl("web: stopped\n", "stop", "web")
			ctl("web: removed process group\n", "remove", "web")
			in.wantStates("db RUNNING, new RUNNING")
			ctl("Restarted supervisord\n", "reload")
			in.wantStates("db RUNNING, later RUNNING, new RUNNING, web RUNNING")
			in.stopDaemon()
			if fileExists(in.path("supervisord.state")) {
				t.Error("there is a state file")
			}
		})
	}
}

// TestAddedProgramDoesNotStay: nor do programs that a client has added or removed, but over
// an upgrade.
func TestAddedProgramDoesNotStay(t *testing.T) {
	in := hostile(t, `[rpcinterface:twiddler]
supervisor.rpcinterface_factory = supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface
[program:web]
command=/bin/cat
process_name=w%(process_num)d
numprocs=2
startsecs=0
`)
	in.mustStart()
	in.wantStates("w0 RUNNING, w1 RUNNING")
	_, err := in.call("twiddler.addProgramToGroup", "web", "extra", map[string]any{"command": "/bin/cat", "startsecs": "0"})
	in.must(err)
	in.stop("web:w1")
	_, err = in.call("twiddler.removeProcessFromGroup", "web", "w1")
	in.must(err)
	const changed = "extra RUNNING, w0 RUNNING"
	in.wantStates(changed)
	if out := in.ctlOut("0", "upgrade", ours.daemon); !strings.Contains(out, "pgraded") {
		t.Errorf("the upgrade said %s", out)
	}
	in.wantStates(changed)
	in.verb("web:extra: remove\nweb:w1: add", "update", "--by-process")
	in.wantStates("w0 RUNNING, w1 RUNNING")
	_, err = in.call("twiddler.addProgramToGroup", "web", "extra", map[string]any{"command": "/bin/cat", "startsecs": "0"})
	in.must(err)
	in.verb("Restarted supervisord", "reload")
	in.wantStates("w0 RUNNING, w1 RUNNING")
	in.stopDaemon()
}
