package compat

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// When programs are started again, and when not: docs/restart.md. The tests look at what
// follows what, and at lower bounds of waits; how long things take beyond that is up to
// the machine.

// spawns returns the instants, to the millisecond, at which the main log says that a
// program was spawned.
func (in *instance) spawns(program string) (at []time.Time) {
	for _, line := range regexp.MustCompile(`(?m)^(\S+ \S+) INFO spawned: '`+program+`' `).FindAllStringSubmatch(in.read("supervisord.log"), -1) {
		when, err := time.Parse("2006-01-02 15:04:05,000", line[1])
		in.must(err)
		at = append(at, when)
	}
	return at
}

// wantPauses waits for one more start than there are pauses, and fails the test if one
// came earlier than that after the one before.
func (in *instance) wantPauses(program string, pauses ...time.Duration) {
	in.t.Helper()
	in.await("starts of "+program, func() bool { return len(in.spawns(program)) > len(pauses) })
	starts := in.spawns(program)
	for i, pause := range pauses {
		if got := starts[i+1].Sub(starts[i]); got < pause-time.Millisecond { // the log cuts the rest off
			in.t.Errorf("start %d of %s came after %v, want at least %v", i+2, program, got, pause)
		}
	}
}

// wantStart calls startProcess and compares the fault, if there is one.
func (in *instance) wantStart(program, fault string) {
	in.t.Helper()
	_, err := in.call("supervisor.startProcess", program)
	if got := fmt.Sprint(err); err == nil && fault != "" || err != nil && got != fault {
		in.t.Errorf("startProcess %s: %v, want %q", program, err, fault)
	}
}

func TestBackoffDelay(t *testing.T) {
	const ms = time.Millisecond
	in := hostile(t, `
[program:fails]
command={{.Child}} say no -x 1
startretries=4
backoff_delay=200ms
backoff_factor=2
backoff_limit=500ms
backoff_jitter=0
[program:exits]
command={{.Child}} say bye -x 0
startsecs=0
autorestart=true
backoff_delay=200ms
backoff_factor=3
backoff_jitter=0
`)
	in.mustStart()
	in.wantPauses("fails", 200*ms, 400*ms, 500*ms, 500*ms)
	in.await("FATAL", func() bool { return in.state("fails") == "FATAL" })
	if n := len(in.spawns("fails")); n != 5 {
		t.Errorf("%d starts with startretries=4, want 5", n)
	}
	// The same holds after exits, which are no failed starts.
	in.wantPauses("exits", 200*ms, 600*ms)
	in.await("the wait", func() bool { return in.state("exits") == "EXITED" })
	// A start that is asked for does not wait, and the waits begin again.
	n := len(in.spawns("exits"))
	in.wantStart("exits", "")
	in.await("its line in the log", func() bool { return len(in.spawns("exits")) == n+1 })
	if v, err := in.call("reeve.getProcess", "exits"); err != nil || v.member("reason").text != "request" {
		t.Errorf("%v, %v: the start did not come at once", v.member("reason"), err)
	}
	in.served()
	in.stopDaemon()
}

// A stop ends the wait for the next start, whether a failed start or an exit came before.
func TestStopOfWhatWaits(t *testing.T) {
	in := hostile(t, `
[program:fails]
command={{.Child}} say no -x 1
backoff_delay=1h
backoff_limit=1h
[program:exits]
command={{.Child}} say bye -x 0
startsecs=0
autorestart=true
backoff_delay=1h
backoff_limit=1h
[program:later]
command=/bin/cat
start_delay=1h
`)
	in.mustStart()
	for name, state := range map[string]string{"fails": "BACKOFF", "exits": "EXITED", "later": "STOPPED"} {
		in.await(name+" "+state, func() bool { return in.state(name) == state })
		if _, err := in.call("supervisor.stopProcess", name); err != nil {
			t.Errorf("stop of %s: %v", name, err)
		}
		if s := in.state(name); s != "STOPPED" {
			t.Errorf("%s is %s after the stop", name, s)
		}
		if _, err := in.call("supervisor.stopProcess", name); err == nil || !strings.HasSuffix(err.Error(), " NOT_RUNNING: "+name) {
			t.Errorf("another stop of %s: %v", name, err)
		}
	}
	in.wantStart("later", "")
	in.stopDaemon()
}

func TestStartLimit(t *testing.T) {
	in := hostile(t, `
[program:flaps]
command={{.Child}} say bye -x 0
startsecs=0
autorestart=true
start_limit=3/1h
`)
	in.mustStart()
	in.await("FATAL", func() bool { return in.state("flaps") == "FATAL" })
	const why = "Started 3 times within 1h (start_limit)"
	if got := in.spawnErr("flaps"); got != why {
		t.Errorf("spawnerr %q, want %q", got, why)
	}
	if n := len(in.spawns("flaps")); n != 3 {
		t.Errorf("%d starts, want 3\n%s", n, in.read("supervisord.log"))
	}
	cmd := in.command(ours.ctl, "-c", in.path("supervisord.conf"), "status", "flaps")
	if out, _ := cmd.Output(); !regexp.MustCompile(`^flaps +FATAL +` + regexp.QuoteMeta(why) + "\n$").Match(out) {
		t.Errorf("status: %q", out)
	}
	// Whoever starts it has seen why; it counts from there.
	in.wantStart("flaps", "")
	in.await("FATAL again", func() bool { return len(in.spawns("flaps")) == 6 && in.state("flaps") == "FATAL" })
	in.stopDaemon()
}

func TestUnlimitedRetries(t *testing.T) {
	in := hostile(t, `
[program:late]
command={{.Child}} flaky {{.Dir}}/there
startretries=unlimited
backoff_delay=20ms
backoff_limit=20ms
`)
	in.mustStart()
	in.await("many retries", func() bool { return len(in.spawns("late")) > 20 })
	in.must(in.write("there", ""))
	in.await("RUNNING", func() bool { return in.state("late") == "RUNNING" })
	if in.has("supervisord.log", "FATAL", 1) {
		t.Errorf("it gave up:\n%s", in.read("supervisord.log"))
	}
	in.stopDaemon()
}

func TestOneshot(t *testing.T) {
	in := hostile(t, `
[program:good]
command={{.Child}} exit-on {{.Dir}}/go 0
oneshot=true
autostart=false
[program:bad]
command={{.Child}} say no -x 4
oneshot=true
autostart=false
[program:retried]
command=/bin/sh -c '[ -e {{.Dir}}/second ] || { : > {{.Dir}}/second; exit 5; }'
oneshot=true
autorestart=unexpected
backoff_delay=20ms
autostart=false
[program:hopeless]
command={{.Child}} say no -x 6
oneshot=true
autorestart=unexpected
startretries=2
backoff_delay=20ms
autostart=false
`)
	in.mustStart()
	answer := make(chan error, 1)
	go func() {
		_, err := in.call("supervisor.startProcess", "good")
		answer <- err
	}()
	in.await("RUNNING", func() bool { return in.state("good") == "RUNNING" })
	in.served()
	select {
	case err := <-answer:
		t.Errorf("startProcess returned before the end of a oneshot program: %v", err)
	default:
	}
	in.must(in.write("go", ""))
	if err := <-answer; err != nil {
		t.Error(err)
	}
	if s := in.state("good"); s != "EXITED" {
		t.Errorf("it is %s at the end of its start", s)
	}
	in.wantStart("bad", "fault 40 ABNORMAL_TERMINATION: bad")
	if n := len(in.spawns("bad")); n != 1 {
		t.Errorf("a failed oneshot program was started %d times without autorestart", n)
	}
	if _, err := in.call("supervisor.startProcess", "retried", false); err != nil {
		t.Error(err)
	}
	in.await("the second try", func() bool { return in.has("supervisord.log", "exited: retried (exit status 0; expected)", 1) })
	if _, err := in.call("supervisor.startProcess", "hopeless", false); err != nil {
		t.Error(err)
	}
	in.await("FATAL", func() bool { return in.state("hopeless") == "FATAL" })
	if n := len(in.spawns("hopeless")); n != 3 {
		t.Errorf("%d starts with startretries=2, want 3", n)
	}
	in.stopDaemon()
}

func TestStartDelay(t *testing.T) {
	in := hostile(t, `
[program:first]
command=/bin/cat
startsecs=0
[program:later]
command=/bin/cat
startsecs=0
start_delay=1s
`)
	in.mustStart()
	in.await("both", func() bool { return len(in.spawns("first")) == 1 && len(in.spawns("later")) == 1 })
	if pause := in.spawns("later")[0].Sub(in.spawns("first")[0]); pause < 900*time.Millisecond {
		t.Errorf("the delayed start came %v after the other", pause)
	}
	// It is a delay of the boot: another start has none.
	in.await("RUNNING", func() bool { return in.state("later") == "RUNNING" })
	if _, err := in.call("supervisor.stopProcess", "later"); err != nil {
		t.Fatal(err)
	}
	in.wantStart("later", "")
	in.stopDaemon()
}

func TestMaxStarting(t *testing.T) {
	in := hostile(t, `
[program:many]
command={{.Child}} flaky {{.Dir}}/conf
process_name=%(program_name)s_%(process_num)02d
numprocs=20
startsecs=0
ready=log:^ready$
[program:hangs]
command=/bin/cat
ready=log:^never$
process_name=hangs_%(process_num)d
numprocs=3
autostart=false
`)
	in.must(in.write("conf", ""))
	in.must(in.write("supervisord.conf", strings.Replace(in.read("supervisord.conf"), "[supervisord]", "[supervisord]\nmax_starting=3", 1)))
	in.mustStart()
	in.await("all RUNNING", func() bool { return in.has("supervisord.log", "entered RUNNING state", 20) })
	now, most := 0, 0
	for line := range strings.Lines(in.read("supervisord.log")) {
		switch {
		case strings.Contains(line, "spawned: 'many_"):
			now++
		case strings.Contains(line, "success: many_"):
			now--
		}
		most = max(most, now)
	}
	if most != 3 {
		t.Errorf("at most %d were STARTING at once, want 3\n%s", most, in.read("supervisord.log"))
	}
	// What is not ready keeps its place; status says what the next one waits for, and a
	// stop makes room.
	if _, err := in.call("supervisor.startProcessGroup", "hangs", false); err != nil {
		t.Fatal(err)
	}
	if _, err := in.call("supervisor.startProcess", "other", false); err != nil {
		t.Fatal(err)
	}
	cmd := in.command(ours.ctl, "-c", in.path("supervisord.conf"), "status", "other")
	if out, _ := cmd.Output(); !strings.HasSuffix(string(out), " STOPPED   waiting for its turn (max_starting)\n") {
		t.Errorf("status: %q", out)
	}
	if _, err := in.call("supervisor.stopProcess", "hangs:hangs_1"); err != nil {
		t.Fatal(err)
	}
	in.await("other", func() bool { return in.state("other") == "RUNNING" })
	in.stopDaemon()
}
