package compat

import (
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"
	"testing"

	"reeve/config"
)

// TestKeysHaveRows: each key that a process group can have is tried by TestUpdateLive.
func TestKeysHaveRows(t *testing.T) {
	t.Parallel()
	for i, c := range config.Changes {
		if i >= len(keyRows) || keyRows[i].key != c.Key {
			t.Fatalf("keyRows needs a row for %s (%s) as number %d", c.Key, c.Change, i)
		}
	}
	if len(keyRows) > len(config.Changes) {
		t.Errorf("keyRows has a row for %s, which no section has", keyRows[len(config.Changes)].key)
	}
}

// section is what a row adds to the configuration.
func (r *keyRow) section(lines string) string {
	if strings.HasPrefix(lines, "[") {
		return lines + "\n"
	}
	command := "/bin/cat"
	if r.run != "" {
		command = "{{.Child}} " + r.run
	}
	return fmt.Sprintf("[program:%s]\ncommand=%s\nstartsecs=0\n%s\n", r.key, command, lines)
}

// takes is what the row of config.Changes for the key says.
func (r *keyRow) takes() config.Change {
	i := slices.IndexFunc(config.Changes, func(c config.OptionChange) bool { return c.Key == r.key })
	return config.Changes[max(i, 0)].Change
}

// planned returns the lines about the key that the plan is to have.
func (r *keyRow) planned() []string {
	switch c := r.takes(); {
	case r.plan != nil:
		return r.plan
	case c == config.Restart:
		return []string{fmt.Sprintf("%s: restart (%s)", r.key, r.key)}
	case c == config.Unchanged:
		return []string{r.key + ": live (from its next start)"}
	}
	return []string{r.key + ": live"}
}

// staying returns the processes that have to keep their pid.
func (r *keyRow) staying() []string {
	if r.stays != nil || r.takes() == config.Restart {
		return r.stays
	}
	return []string{r.key}
}

// TestUpdateLive changes each key that a process group can have. The plan says what
// happens, what does not take a restart keeps its pid and what does gets another one, and
// what is live shows.
func TestUpdateLive(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Skip("nobody knows who this is: ", err)
	}
	conf := func(lines func(r *keyRow) string) string {
		var b strings.Builder
		b.WriteString("[supervisord]\nloglevel=debug\n[eventlistener:ears]\ncommand={{.Child}} listen {{.Dir}}/heard\nevents=PROCESS_LOG,PROCESS_COMMUNICATION\n")
		for _, name := range []string{"need1", "need2", "need3"} {
			fmt.Fprintf(&b, "[program:%s]\ncommand=/bin/cat\nstartsecs=0\n", name)
		}
		for i := range keyRows {
			b.WriteString(keyRows[i].section(lines(&keyRows[i])))
		}
		return strings.ReplaceAll(b.String(), "{{.User}}", me.Username)
	}
	in := hostile(t, conf(func(r *keyRow) string { return r.before }))
	in.mustStart()
	in.awaitLog("buffer_size: ACKNOWLEDGED -> READY")
	pids := map[string]int{}
	for i := range keyRows {
		r := &keyRows[i]
		for _, name := range append(r.staying(), r.key) {
			if name == r.key && (r.plan != nil || r.key == "start_delay") {
				continue // there is no such process, or it does not run yet
			}
			in.await("a child of "+name, func() bool { pids[name] = in.child(name); return pids[name] > 0 })
			if !slices.Contains([]string{"startretries", "ready_interval"}, name) {
				in.awaitState(name, "RUNNING")
			}
		}
	}
	first, _, found := strings.Cut(in.read("supervisord.conf"), "[supervisord]\nloglevel=debug")
	if !found {
		t.Fatal("no such section")
	}
	after := in.expand.Replace(conf(func(r *keyRow) string { return r.after }))
	in.must(os.WriteFile(in.path("supervisord.conf"), []byte(first+after), 0o600))
	said := in.ctlOut("10", "update", "--dry-run")
	done := in.ctlOut("0", "update", "--by-process")
	in.wantPlanned(said, done)
	in.ctlOut("0", "update", "--dry-run")
	for i := range keyRows {
		r := &keyRows[i]
		for _, name := range r.staying() {
			if now := in.child(name); now != pids[name] {
				t.Errorf("%s: its pid was %d, now it is %d", name, pids[name], now)
			}
		}
		if r.takes() == config.Restart {
			in.awaitAnother(r.key, pids[r.key])
		}
		if r.ready != nil {
			r.ready(in, pids[r.key])
		}
	}
	for i := range keyRows {
		if r := &keyRows[i]; r.shows != nil {
			r.shows(in, pids[r.key])
		}
	}
	in.served()
	in.essentialEnds()
}

// wantPlanned compares what a plan says with what was done, and both with the rows.
func (in *instance) wantPlanned(said, done string) {
	in.t.Helper()
	var want []string
	for i := range keyRows {
		want = append(want, keyRows[i].planned()...)
	}
	slices.Sort(want)
	lines := strings.Split(strings.TrimSuffix(done, "\n"), "\n")
	slices.Sort(lines)
	for _, line := range want {
		if !slices.Contains(lines, line) {
			in.t.Errorf("it was not done: %s", line)
		}
	}
	for _, line := range lines {
		if !slices.Contains(want, line) {
			in.t.Errorf("it was done: %s", line)
		}
		if !strings.Contains("\n"+said, "\n"+line+"\n") {
			in.t.Errorf("the plan did not say: %s", line)
		}
	}
}

// essentialEnds has the daemon end because an essential program does: what has the highest
// priority stops first.
func (in *instance) essentialEnds() {
	in.t.Helper()
	in.order("essential", "exit 7")
	var w strings.Builder
	if err := in.awaitExit(&w); err != nil || w.String() != "exit 7\n" {
		in.t.Errorf("the daemon: %v %s", err, w.String())
	}
	_, end, _ := strings.Cut(in.read("supervisord.log"), "exited: essential (exit status 7")
	_, first, _ := strings.Cut(end, "\n")
	_, first, _ = strings.Cut(first, "stopped: ")
	if name, _, _ := strings.Cut(first, " "); name != "priority" {
		in.t.Errorf("stopped first is %q, not priority", name)
	}
}

// TestUpdateByDefault: update=by-process in [supervisorctl] has plain update go process by
// process, which --by-group takes back; without it a group is restarted, as Supervisor
// does.
func TestUpdateByDefault(t *testing.T) {
	in := hostile(t, "[program:w]\ncommand=/bin/cat\nprocess_name=w%(process_num)d\nnumprocs=2\nstartsecs=0\nstopsignal=TERM\n")
	in.mustStart()
	text := in.read("supervisord.conf")
	change := func(signal, setting string) {
		t.Helper()
		next := strings.Replace(text, "stopsignal=TERM", "stopsignal="+signal, 1)
		in.must(in.write("supervisord.conf", strings.Replace(next, "[supervisorctl]\n", "[supervisorctl]\n"+setting, 1)))
	}
	pids := func() [2]int { return [2]int{in.pidOf("w:w0"), in.pidOf("w:w1")} }
	before := pids()
	change("INT", "update=by-process\n")
	in.verb("w:w0: live\nw:w1: live", "update")
	if now := pids(); now != before {
		t.Errorf("update=by-process: the pids were %v, now they are %v", before, now)
	}
	for _, c := range []struct {
		signal, setting string
		args            []string
	}{
		{"HUP", "update=by-process\n", []string{"update", "--by-group"}},
		{"USR1", "", []string{"update"}},
		{"USR2", "update=by-group\n", []string{"update", "w"}},
	} {
		change(c.signal, c.setting)
		in.verb("w: stopped\nw: updated process group", c.args...)
		now := pids()
		if now[0] == before[0] || now[1] == before[1] {
			t.Errorf("%v with %q: the pids were %v, now they are %v", c.args, c.setting, before, now)
		}
		before = now
	}
	in.stopDaemon()
}
