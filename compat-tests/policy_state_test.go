package compat

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// What stays over the daemon's end: docs/state.md.

// verb runs supervisorctl and fails the test if it does not print that.
func (in *instance) verb(want string, args ...string) {
	in.t.Helper()
	out, _ := in.command(ours.ctl, append([]string{"-c", in.path("supervisord.conf")}, args...)...).CombinedOutput()
	if got := strings.TrimSuffix(string(out), "\n"); got != want {
		in.t.Errorf("supervisorctl %s prints:\n%s\nwant:\n%s", strings.Join(args, " "), got, want)
	}
}

// stop stops a program.
func (in *instance) stop(name string) {
	in.t.Helper()
	_, err := in.call("supervisor.stopProcess", name)
	in.must(err)
}

// ctlOut runs supervisorctl and returns what it prints. exit is the status that it is to
// end with.
func (in *instance) ctlOut(exit string, args ...string) string {
	in.t.Helper()
	cmd := in.command(ours.ctl, append([]string{"-c", in.path("supervisord.conf")}, args...)...)
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		in.t.Fatal(err)
	}
	if got := fmt.Sprint(cmd.ProcessState.ExitCode()); got != exit {
		in.t.Fatalf("supervisorctl %v ended with %s: %s", args, got, out)
	}
	return string(out)
}

// wantStates waits until the processes are in these states.
func (in *instance) wantStates(want string) {
	in.t.Helper()
	var got string
	defer func() {
		if in.t.Failed() {
			in.t.Log("states: " + got)
		}
	}()
	in.await(want, func() bool {
		all, err := in.call("supervisor.getAllProcessInfo")
		if err != nil {
			return false
		}
		var names []string
		for _, p := range all.items {
			if name := p.member("name").text; name != "other" {
				names = append(names, name+" "+p.member("statename").text)
			}
		}
		got = strings.Join(names, ", ")
		return got == want
	})
}

const stays = `
[program:a]
command=/bin/cat
startsecs=0
[program:k]
command=/bin/cat
startsecs=0
keep_stopped=true
[program:w]
command=/bin/cat
process_name=w%(process_num)d
numprocs=NUM
numprocs_max=4
startsecs=0
`

func TestStays(t *testing.T) {
	in := hostile(t, strings.Replace(stays, "NUM", "2", 1))
	in.mustStart()
	in.wantStates("a RUNNING, k RUNNING, w0 RUNNING, w1 RUNNING")
	if _, err := os.Stat(in.path("supervisord.state")); !os.IsNotExist(err) {
		t.Errorf("there is a state file already: %v", err)
	}
	in.verb("k: stopped", "stop", "k")
	in.verb("a: disabled", "disable", "a")
	in.verb("w:w2: started", "scale", "w", "3")
	in.verb("w: ERROR (cannot scale w to 5: 5 is not from 1 (numprocs_min) to 4 (numprocs_max))", "scale", "w", "5")
	in.verb("No config updates to processes", "reread")
	in.wantStates("a RUNNING, k STOPPED, w0 RUNNING, w1 RUNNING, w2 RUNNING")
	in.wantNotes("disabled", "stays stopped", "scaled to 3, numprocs is 2")

	// A restart, and a sudden death.
	const after = "a STOPPED, k STOPPED, w0 RUNNING, w1 RUNNING, w2 RUNNING"
	in.verb("Restarted supervisord", "reload")
	in.wantStates(after)
	in.must(in.cmd.Process.Kill())
	in.must(in.awaitExit(new(strings.Builder)))
	in.killLeftovers()
	in.mustStart()
	in.wantStates(after)

	// An update of what is disabled, stopped and scaled; then another numprocs.
	conf := in.read("supervisord.conf")
	changed := strings.ReplaceAll(conf, "startsecs=0", "startsecs=0\nstopwaitsecs=5")
	in.must(in.write("supervisord.conf", changed))
	in.verb("a: stopped\na: updated process group\nk: stopped\nk: updated process group\nother: stopped\nother: updated process group\nw: stopped\nw: updated process group", "update")
	in.wantStates(after)
	in.must(in.write("supervisord.conf", strings.Replace(changed, "numprocs=2", "numprocs=1", 1)))
	in.verb("w: stopped\nw: updated process group", "update")
	in.wantStates("a STOPPED, k STOPPED, w0 RUNNING")
	in.awaitLog("program w of group w is no longer scaled to 3: numprocs is no longer 2, but 1")

	// All is taken back.
	in.wantNotes("disabled", "stays stopped")
	in.verb("a: started\nk: started", "start", "a", "k")
	in.wantNotes("disabled")
	in.verb("a: enabled", "enable", "a")
	in.wantNotes()
	in.verb("Restarted supervisord", "reload")
	in.wantStates("a RUNNING, k RUNNING, w0 RUNNING")
	in.stopDaemon()
	if text := in.read("supervisord.state"); !strings.HasSuffix(text, "\n{}\n") {
		t.Errorf("the state file says %s", text)
	}
}

// wantNotes compares the notes on the page's rows.
func (in *instance) wantNotes(want ...string) {
	in.t.Helper()
	response, err := in.client(false).Get("http://localhost/")
	in.must(err)
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	in.must(err)
	var got []string
	for _, note := range regexp.MustCompile(`<span class="note">(.*?)</span>`).FindAllSubmatch(page, -1) {
		got = append(got, string(note[1]))
	}
	if !slices.Equal(got, want) {
		in.t.Errorf("the notes on the page are %q, want %q", got, want)
	}
}

// TestStateFileIsTorn: the daemon starts without it, and keeps it for somebody to look at.
func TestStateFileIsTorn(t *testing.T) {
	in := hostile(t, strings.Replace(stays, "NUM", "2", 1))
	in.mustStart()
	in.verb("a: disabled", "disable", "a")
	in.stopDaemon()
	whole := in.read("supervisord.state")
	in.must(in.write("supervisord.state", whole[:len(whole)-3]))
	in.mustStart()
	in.wantStates("a RUNNING, k RUNNING, w0 RUNNING, w1 RUNNING")
	in.awaitLog("cannot use the state file " + in.path("supervisord.state") + ": its checksum is wrong")
	if kept := in.read("supervisord.state.bad"); kept != whole[:len(whole)-3] {
		t.Errorf("set aside is %q", kept)
	}
	in.stopDaemon()
}

// TestStateFileCantBeWritten: what was asked for holds, and the caller knows for how long.
func TestStateFileCantBeWritten(t *testing.T) {
	in := hostile(t, "[supervisord]\nstate_file={{.Dir}}/none/state\n"+strings.Replace(stays, "NUM", "2", 1))
	in.must(os.Mkdir(in.path("none"), 0o755))
	in.mustStart()
	in.must(os.Remove(in.path("none")))
	_, err := in.call("reeve.disable", "a")
	if err == nil || !strings.Contains(fmt.Sprint(err), "this holds until the end of supervisord only: ") {
		t.Errorf("disable: %v", err)
	}
	if _, err := in.call("reeve.disable", "k"); err == nil {
		t.Error("disable of k: no error")
	}
	in.awaitLog("cannot write the desired state")
	if n := strings.Count(in.read("supervisord.log"), "cannot write the desired state"); n != 1 {
		t.Errorf("the log says %d times that it can't be written", n)
	}
	p, err := in.call("reeve.getProcess", "a")
	if err != nil || p.member("enabled").text != "0" {
		t.Errorf("%v, %v", p, err)
	}
	in.stopDaemon()
}

// TestStateFileKilled kills the daemon at random instants while programs are scaled: what
// the next one finds is the last number that was confirmed, or the one after it. The file
// itself is killed 200 times in supervisor/internal/statefile.
func TestStateFileKilled(t *testing.T) {
	in := hostile(t, "[program:w]\ncommand=/bin/cat\nprocess_name=w%(process_num)d\nnumprocs=1\nautostart=false\n")
	for i := range 6 {
		in.mustStart()
		said, ended := 1, make(chan struct{})
		go func() {
			defer close(ended)
			for n := 2; ; n++ {
				if _, err := in.call("reeve.scale", "w", n, false); err != nil {
					return
				}
				said = n
			}
		}()
		time.Sleep(time.Duration(rand.Int64N(int64(20 * time.Millisecond)))) // a random instant
		in.must(in.cmd.Process.Kill())
		in.must(in.awaitExit(new(strings.Builder)))
		<-ended
		in.killLeftovers()
		in.mustStart()
		all, err := in.call("supervisor.getAllProcessInfo")
		in.must(err)
		if got := len(all.items) - 1; got != said && got != said+1 {
			t.Errorf("kill %d: there are %d processes, and %d were confirmed", i, got, said)
		}
		in.stopDaemon()
		in.must(os.RemoveAll(in.path("supervisord.state")))
	}
	if in.has("supervisord.log", "cannot use the state file", 1) {
		t.Error("a file was not whole")
	}
}
