package compat

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var (
	upgradeTimes = flag.Int("upgrade.times", 6, "TestUpgradeUnderLoad: how many upgrades")
	upgradeIdle  = flag.Int("upgrade.idle", 100, "TestUpgradeIdle: how many programs")
)

// loaded is a configuration of 200 programs that has everything at work.
func loaded() string {
	var b strings.Builder
	b.WriteString(`[inet_http_server]
port=127.0.0.1:{{.Port}}
[program:idle]
command=/bin/sleep 600
numprocs=150
process_name=idle_%(process_num)03d
startsecs=0
[program:checked]
command={{.Child}} server checked listen=tcp://127.0.0.1:0
health=unix:{{.Dir}}/s.sock
health_interval=100ms
health_retries=1
startsecs=0
[program:asked]
command=/bin/sleep 600
health=exec:/bin/sleep 0.15
health_interval=100ms
health_retries=1
startsecs=0
[program:notifier]
command={{.Child}} notify send:STATUS=warming when:{{.Dir}}/ready send:READY=1
ready=notify
ready_timeout=1h
[program:dependent]
command=/bin/sleep 600
depends_on=notifier
startsecs=0
[program:flaky]
command={{.Child}} flaky {{.Dir}}/well
startretries=100000
backoff_delay=50ms
backoff_factor=1
startsecs=1
[program:patient]
command=/bin/sleep 600
startsecs=3600
[program:soon]
command=/bin/sleep 600
startsecs=3
[program:stubborn]
command={{.Child}} slow {{.Dir}}/free 0
autostart=false
ready=log:ready
stopwaitsecs=3600
[program:batched]
command={{.Child}} slow {{.Dir}}/free2 0
autostart=false
ready=log:ready
stopwaitsecs=3600
[program:late]
command=/bin/sleep 600
autostart=false
startsecs=1
[fcgi-program:fast]
command={{.Child}} serve fast
socket=unix://{{.Dir}}/fast.sock
numprocs=2
process_name=fast_%(process_num)d
startsecs=0
[eventlistener:all]
command={{.Child}} ponder {{.Dir}}/all.heard / 0
events=EVENT
buffer_size=100000
startsecs=0
[eventlistener:slow]
command={{.Child}} ponder {{.Dir}}/slow.heard {{.Dir}}/drain 1000
events=REMOTE_COMMUNICATION,PROCESS_COMMUNICATION
buffer_size=100000
startsecs=0
[program:followed]
command={{.Child}} numbers short 100
stdout_logfile={{.Dir}}/logs/followed
stdout_logfile_maxbytes=0
startsecs=0
`)
	for i := range writers {
		w := writerOf(i)
		fmt.Fprintf(&b, "[program:%s]\ncommand={{.Child}} numbers %s %d\nstdout_logfile={{.Dir}}/logs/%s\n", w.name, w.layout, w.lines, w.name)
		fmt.Fprintf(&b, "stdout_logfile_maxbytes=1MB\nstdout_logfile_backups=1000\nstartsecs=0\n")
		switch w.layout {
		case "both":
			b.WriteString("redirect_stderr=true\n")
		case "capture":
			b.WriteString("stdout_capture_maxbytes=1KB\n")
		}
	}
	return b.String()
}

const writers = 20

// writer is one of the programs that write as fast as they can.
type writer struct {
	name, layout string
	lines        int // for each time that it is told to
}

func writerOf(i int) writer {
	w := writer{fmt.Sprintf("w%02d", i), "short", 20000}
	switch {
	case i == 0:
		w.layout, w.lines = "capture", 200
	case i == 1:
		w.layout, w.lines = "both", 1000
	case i < 6:
		w.layout, w.lines = "long", 20
	case i < 12:
		w.layout, w.lines = "mixed", 4000
	}
	return w
}

// TestUpgradeUnderLoad upgrades again and again between two builds, while everything that
// a daemon can have under way is under way. Nothing is lost, doubled, refused or wrong.
func TestUpgradeUnderLoad(t *testing.T) {
	next := theNext(t)
	in := hostile(t, loaded())
	in.mustStart()
	in.await("all at work", func() bool {
		return in.state("notifier") == "STARTING" && in.has("supervisord.log", "flaky entered FATAL", 0) &&
			in.has("all.heard", "eventname", 1) && in.has("slow.heard", "eventname", 0) && in.state("w19") == "RUNNING"
	})
	in.await("health", func() bool { return in.health("checked") == "healthy" && in.health("asked") == "healthy" })
	starter := in.processLives()
	load := newLoad(in, starter)
	for i := range *upgradeTimes {
		program, version := next, nextVersion
		if i%2 == 1 {
			program, version = ours.daemon, ownVersion(t)
		}
		u, err := in.upgrade(program)
		if err != nil {
			t.Error(err)
			break
		}
		if u.To != version {
			t.Errorf("upgrade %d went from %s to %s, want %s", i, u.From, u.To, version)
		}
		load.pauses = append(load.pauses, u.pause())
		if i%2 == 1 {
			in.must(in.write("free", ""))
			in.must(in.write("free2", ""))
		}
	}
	load.end()
	t.Log(load.pauses)
	if t.Failed() {
		t.Fatal(in.logWithout("idle_", "flaky", "entered RUNNING", "spawned: 'w"))
	}
	load.wantAllWritten()
	load.wantAllHeard()
	// What was under way gets where it was going.
	in.must(in.write("ready", ""))
	in.must(in.write("well", ""))
	for _, name := range []string{"notifier", "dependent", "flaky", "soon"} {
		in.pidOf(name)
	}
	if got := in.state("patient"); got != "STARTING" {
		t.Errorf("patient is %s, an hour early", got)
	}
	load.wantSameLives(in.processLives())
	for _, name := range []string{"checked", "asked"} {
		if got := in.health(name); got != "healthy" {
			t.Errorf("%s is %s", name, got)
		}
	}
	in.stopDaemon()
}

// ownVersion is that of the first build.
func ownVersion(t *testing.T) string {
	t.Helper()
	return "0.1.0"
}

func (in *instance) health(program string) string {
	v, _ := in.call("reeve.getProcess", program)
	return v.member("health").text
}

// wantNumbered compares a log, with its backups, with the first n lines of a layout.
func (in *instance) wantNumbered(name, layout string, n int) {
	in.t.Helper()
	var files []string
	for i := 1; fileExists(in.path(fmt.Sprintf("logs/%s.%d", name, i))); i++ {
		files = append([]string{fmt.Sprintf("logs/%s.%d", name, i)}, files...)
	}
	var text strings.Builder
	for _, f := range append(files, "logs/"+name) {
		data, err := os.ReadFile(in.path(f))
		in.must(err)
		text.Write(data)
	}
	got := bufio.NewReaderSize(strings.NewReader(text.String()), 1<<16)
	for i := range n {
		want := numbered(layout, i)
		if strings.HasPrefix(want, "<!--") {
			continue
		}
		line, err := got.ReadString('\n')
		if line != want {
			in.t.Errorf("log of %s, %d files: in place of line %d of %d is %.60q, %v", name, len(files)+1, i, n, line, err)
			return
		}
	}
	if rest, err := got.ReadString('\n'); err == nil {
		in.t.Errorf("log of %s: after %d lines there is %.60q", name, n, rest)
	}
}

// wantHeard compares what a listener has recorded: pool serials without a gap, numbers of
// each kind in order and complete. It returns the serials.
func (in *instance) wantHeard(name string, counts map[string]int, step func(kind string, n int) int) (serials []int) {
	in.t.Helper()
	r := bufio.NewReader(strings.NewReader(in.read(name + ".heard")))
	at := map[string]int{}
	for i := 0; ; i++ {
		head, payload, err := readEvent(r, false)
		if err != nil {
			break
		}
		fields := map[string]string{}
		for f := range strings.FieldsSeq(head) {
			k, v, _ := strings.Cut(f, ":")
			fields[k] = v
		}
		if fields["poolserial"] != fmt.Sprint(i) {
			in.t.Errorf("%s: event %d has the header %q", name, i, head)
			return nil
		}
		serials = append(serials, atoi(fields["serial"]))
		_, said, _ := strings.Cut(payload, "\n")
		text, isCount := strings.CutPrefix(said, "count ")
		if kind := fields["eventname"]; isCount {
			if want := step(kind, at[kind]); text != fmt.Sprint(want) {
				in.t.Errorf("%s: in place of %s %d came %q", name, kind, want, text)
				return nil
			}
			at[kind]++
		}
	}
	for kind, n := range counts {
		if at[kind] != n {
			in.t.Errorf("%s has heard %d of %d %s", name, at[kind], n, kind)
		}
	}
	return serials
}

// TestUpgradeIdle upgrades a daemon of many programs that do nothing.
func TestUpgradeIdle(t *testing.T) {
	next := theNext(t)
	in := hostile(t, fmt.Sprintf("[program:idle]\ncommand=/bin/sleep 600\nprocess_name=%%(process_num)04d\nnumprocs=%d\nstartsecs=0\n", *upgradeIdle))
	in.mustStart()
	in.await("all RUNNING", func() bool { return in.has("supervisord.log", "entered RUNNING state", *upgradeIdle) })
	before := in.processLives()
	var all pauses
	for i := range 10 {
		u := in.mustUpgrade([]string{next, ours.daemon}[i%2])
		if u.Processes != *upgradeIdle {
			t.Errorf("%d processes went on", u.Processes)
		}
		all = append(all, u.pause())
	}
	t.Log(*upgradeIdle, "programs,", all)
	after := in.processLives()
	for name, want := range before {
		if got := after[name]; got != want {
			t.Fatalf("%s was %s, is %s", name, want, got)
		}
	}
	in.stopDaemon()
}

// logWithout returns the main log without the lines that have one of the words.
func (in *instance) logWithout(words ...string) string {
	var b strings.Builder
	for line := range strings.Lines(in.read("supervisord.log")) {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(line, w) }) {
			b.WriteString(line)
		}
	}
	return b.String()
}
