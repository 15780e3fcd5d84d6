package compat

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// A mine is a place in the daemon that panics if there is a file mine-NAME in its
// directory, which goes off once, or mines-NAME, which stays. They are put into the source
// of the daemon under test by an overlay; the source as it is has nothing of them.
type mine struct {
	name   string
	file   string
	before string // the text that is followed by the mine, once in the file
}

var mines = []mine{
	{"request", "supervisor/request.go", "func (r remoteCommRequest) serve(l *loop) {"},
	{"output", "supervisor/output.go", "func (l *loop) chunk(c *child, o capture.Chunk) {"},
	{"asked", "supervisor/child.go", "func (l *loop) spawn(c *child) {"},
	{"started", "supervisor/child.go", "	c := l.byRow[s.ID]\n	c.forking = 0\n"},
	{"attached", "supervisor/child.go", "	l.streams.attach(c, s)\n"},
	{"exited", "supervisor/child.go", "	delete(l.byPid, e.Pid)\n"},
	{"finish", "supervisor/child.go", "	c.exit = nil\n	delete(l.byRow, c.row)\n"},
	{"finished", "supervisor/child.go", "	l.apply(c, l.plans.exited(l, c, e))\n"},
	{"stop", "supervisor/child.go", "func (l *loop) kill(c *child, k process.Kill) {"},
	{"job", "supervisor/job.go", "	delete(js.replies, j.id)\n}\n\n// advance settles the entries that wait for c and whose outcome is now known.\nfunc (js *jobs) advance(c *child) {"},
	{"state", "supervisor/handoff.go", "	clock := clock{l.now, mono}\n	return &saved{"},
	{"capture", "supervisor/internal/capture/row.go", "	if r.opt.Until != nil && r.opt.Until(data) {"},
	{"drain", "supervisor/internal/capture/command.go", "	if r := t.rows[c.id]; r != nil {\n		t.mu.Lock()\n		delete(t.raws, c.id)\n		t.mu.Unlock()\n"},
	{"start", "supervisor/internal/spawn/loop.go", "func (a asked) tell(l *loop) {"},
	{"settle", "supervisor/internal/spawn/loop.go", "func (l *loop) settle(s *start, pid int, err error) {"},
	{"prepare", "supervisor/internal/spawn/prepare.go", "	s.at.Store(checking)\n"},
	{"write", "supervisor/logfile/writer.go", "	n, err := s.f.Write(p)\n"},
}

const mineText = `package PACKAGE

import "os"

func mine(name string) {
	_, err := os.Stat("mines-" + name)
	if err == nil || os.Remove("mine-"+name) == nil {
		panic("mine " + name)
	}
}
`

// mined builds a daemon with the mines.
func mined(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replace := map[string]string{}
	put := func(path, text string) {
		at := filepath.Join(dir, strconv.Itoa(len(replace))+".go")
		replace[filepath.Join(root, path)] = at
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	texts := map[string]string{}
	for _, m := range mines {
		text, ok := texts[m.file]
		if !ok {
			data, err := os.ReadFile(filepath.Join(root, m.file))
			if err != nil {
				t.Fatal(err)
			}
			text = string(data)
		}
		at := m.before
		if strings.Count(text, at) != 1 {
			t.Fatalf("mine %s: %s has %d times %q", m.name, m.file, strings.Count(text, at), at)
		}
		code := "\n\tmine(\"" + m.name + "\")\n"
		if head, tail, ok := strings.Cut(at, "\n\treturn &saved{"); ok {
			text = strings.Replace(text, at, head+code+"\treturn &saved{"+tail, 1)
		} else if strings.Contains(at, "if r.opt.Until") {
			text = strings.Replace(text, at, code+at, 1)
		} else {
			text = strings.Replace(text, at, at+code, 1)
		}
		texts[m.file] = text
	}
	for path, text := range texts {
		put(path, text)
		helper := filepath.Join(filepath.Dir(path), "mine_overlay.go")
		if _, ok := replace[filepath.Join(root, helper)]; ok {
			continue
		}
		_, clause, _ := strings.Cut("\n"+text, "\npackage ")
		clause, _, _ = strings.Cut(clause, "\n")
		put(helper, strings.Replace(mineText, "PACKAGE", clause, 1))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file, bin := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "supervisord")
	if err := os.WriteFile(file, overlay, 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-overlay", file, "-ldflags=-s -w", "-o", bin, "../cmd/supervisord")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

const panicConfig = `
[program:steady]
command=/bin/sleep 600
startsecs=0
[program:lines]
command=/bin/sh -c "i=0; while test ! -e {{.Dir}}/enough; do echo line $i; i=$((i+1)); done; sleep 600"
stdout_logfile={{.Dir}}/lines.log
stdout_logfile_maxbytes=0
startsecs=0
[program:slow]
command={{.Child}} slow {{.Dir}}/let-go 0
startsecs=0
[program:talker]
command={{.Child}} echo
stdout_events_enabled=true
startsecs=0
[program:short]
command={{.Child}} exit-on {{.Dir}}/end 0
startsecs=0
exitcodes=0
autorestart=true
[program:late]
command=/bin/sleep 600
startsecs=0
autostart=false
[eventlistener:all]
command={{.Child}} listen {{.Dir}}/all
events=PROCESS_STATE,REMOTE_COMMUNICATION,PROCESS_LOG
startsecs=0
`

// panicCase is what sets off a mine, and what has to be so afterwards.
type panicCase struct {
	mine string
	trip func(in *instance)
	then func(in *instance)
	same bool // no new image is needed
}

func panicCases() []panicCase {
	say := func(in *instance) { _, _ = in.call("supervisor.sendProcessStdin", "talker", "hello\n") }
	start := func(in *instance) { _, _ = in.call("supervisor.startProcess", "late") }
	end := func(in *instance) { in.must(in.write("end", "")) }
	runs := func(name string) func(in *instance) {
		return func(in *instance) {
			in.await(name+" running", func() bool {
				v, _ := in.call("supervisor.getProcessInfo", name)
				return v.member("statename").text == "RUNNING"
			})
		}
	}
	again := func(in *instance) { // short has ended once and is started again
		in.await("another life of short", func() bool { return in.has("supervisord.log", "spawned: 'short'", 2) })
		runs("short")(in)
	}
	stop := func(in *instance) { _, _ = in.call("supervisor.stopProcess", "steady") }
	return []panicCase{
		{"output", say, nil, false},
		{"asked", start, runs("late"), false},
		{"started", start, runs("late"), false},
		{"attached", start, runs("late"), false},
		{"exited", end, again, false},
		{"finish", end, again, false},
		{"finished", end, again, false},
		{"stop", stop, nil, false},
		{"job", start, runs("late"), false},
		{"capture", say, nil, false},
		{"drain", end, again, false},
		{"start", start, runs("late"), false},
		{"settle", start, runs("late"), false},
		{"prepare", start, nil, true},
		{"write", func(*instance) {}, nil, false},
	}
}

// TestPanics has the daemon panic in many places. Programs run on, what they write is in
// their logs, who waits gets an answer, and the daemon can do everything afterwards.
func TestPanics(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a daemon and starts many")
	}
	daemon := mined(t)
	for _, c := range panicCases() {
		t.Run(c.mine, func(t *testing.T) {
			in := panics(t, daemon)
			pids := map[string]int{}
			for _, name := range []string{"steady", "lines", "slow", "talker", "all"} {
				pids[name] = in.pidOf(name)
			}
			waiting := make(chan string, 1)
			go func() { v, err := in.call("supervisor.stopProcess", "slow"); waiting <- fmt.Sprint(v.text, err) }()
			in.await("the stop under way", func() bool { return in.has("supervisord.log", "waiting for slow to stop", 1) })
			over, asked := in.keepAsking()
			in.must(in.write("mine-"+c.mine, ""))
			c.trip(in)
			in.await("the panic", func() bool { return in.has("supervisord.log", ": mine "+c.mine, 1) })
			if !c.same {
				in.awaitLog("went on in a new image after a panic")
			}
			if c.then != nil {
				c.then(in)
			}
			in.served()
			close(over)
			if wrong := <-asked; wrong != "" {
				t.Error("a call meanwhile: ", wrong)
			}
			in.must(in.write("let-go", ""))
			if got := <-waiting; got != "1<nil>" {
				t.Errorf("who waited for the stop got %q", got)
			}
			for name, pid := range pids {
				if name == "slow" || name == "steady" && c.mine == "stop" {
					continue
				}
				if now := in.pidOf(name); now != pid {
					t.Errorf("%s had pid %d and has %d", name, pid, now)
				}
			}
			in.must(in.write("enough", ""))
			in.wantLines(c.mine == "write")
			in.stopDaemon()
			if t.Failed() {
				t.Log(in.read("supervisord.log"))
			}
		})
	}
	t.Run("poison", func(t *testing.T) { poisonRequest(panics(t, daemon)) })
	t.Run("again and again", func(t *testing.T) { panicsTooOften(panics(t, daemon)) })
	t.Run("without end", func(t *testing.T) { panicsWithoutEnd(panics(t, daemon)) })
	t.Run("state", func(t *testing.T) { panicsWhileSaving(panics(t, daemon)) })
}

func panics(t *testing.T, daemon string) *instance {
	in := hostile(t, panicConfig)
	in.prog.daemon = daemon
	in.mustStart()
	in.await("all programs", func() bool { return in.has("supervisord.log", "entered RUNNING state", 6) })
	return in
}

// keepAsking makes calls until over is closed, and then says which one failed.
func (in *instance) keepAsking() (over chan struct{}, wrong chan string) {
	over, wrong = make(chan struct{}), make(chan string, 1)
	var n atomic.Int32
	go func() {
		for {
			select {
			case <-over:
				wrong <- ""
				return
			default:
			}
			if _, err := in.call("supervisor.getAllProcessInfo"); err != nil {
				wrong <- fmt.Sprintf("after %d: %v", n.Load(), err)
				<-over
				return
			}
			n.Add(1)
		}
	}()
	return over, wrong
}

// wantLines checks the log of lines. holed: one piece of it is missing.
func (in *instance) wantLines(holed bool) {
	in.t.Helper()
	in.await("the last line", func() bool {
		before := len(in.read("lines.log"))
		_, _ = in.call("supervisor.getState")
		return before > 0 && before == len(in.read("lines.log"))
	})
	next, holes := 0, 0
	for line := range strings.Lines(in.read("lines.log")) {
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(line, "line "), "\n"))
		if err == nil && n == next {
			next++
			continue
		}
		if holes++; !holed || holes > 2 {
			in.t.Errorf("in place of line %d is %.40q", next, line)
			return
		}
		next = n + 1
	}
}

// poisonRequest has a request that makes the daemon panic each time: its caller gets a
// fault, and it is not asked again.
func poisonRequest(in *instance) {
	in.must(in.write("mines-request", ""))
	_, err := in.call("supervisor.sendRemoteCommEvent", "x", "y")
	if err == nil || !strings.Contains(err.Error(), "supervisord failed while it did this") {
		in.t.Errorf("the request that panicked: %v", err)
	}
	in.awaitLog("went on in a new image after a panic in the loop: mine request (1 within an hour)")
	in.served()
	if n := strings.Count(in.read("supervisord.log"), "panic in the loop: mine request\n"); n != 1 {
		in.t.Errorf("%d panics", n)
	}
	in.stopDaemon()
}

// panicsTooOften has one panic more than is survived in an hour: everything is stopped in
// order.
func panicsTooOften(in *instance) {
	in.must(in.write("let-go", ""))
	for n := 1; n <= 4; n++ {
		in.must(in.write("mine-request", ""))
		_, _ = in.call("supervisor.sendRemoteCommEvent", "x", "y")
		in.awaitLog(fmt.Sprintf("(%d within an hour)", n))
	}
	in.wantExit("exit 1")
	log := strings.TrimSpace(in.read("supervisord.log"))
	last := log[strings.LastIndex(log, "\n")+1:]
	if !strings.Contains(last, "CRIT supervisord ends: it stopped all programs after 4 panics within an hour; the last one was a panic in the loop: mine request") {
		in.t.Errorf("the last line is %q", last)
	}
	for _, name := range []string{"steady", "lines", "slow", "talker", "short", "all"} {
		if !in.has("supervisord.log", " stopped: "+name+" ", 1) {
			in.t.Errorf("%s was not stopped\n%s", name, log)
		}
	}
}

// panicsWithoutEnd has what every image panics of: the daemon gives up.
func panicsWithoutEnd(in *instance) {
	in.must(in.write("let-go", ""))
	in.must(in.write("mines-finish", ""))
	in.must(in.write("end", ""))
	in.wantExit("exit 1")
	log := strings.TrimSpace(in.read("supervisord.log"))
	last := log[strings.LastIndex(log, "\n")+1:]
	if !strings.Contains(last, "CRIT supervisord ends: nothing could go on after a panic in the loop: mine finish") {
		in.t.Errorf("the last line is %q", last)
	}
}

// panicsWhileSaving has the state that is left be useless: programs are told to stop.
func panicsWhileSaving(in *instance) {
	in.must(in.write("let-go", ""))
	in.must(in.write("mines-state", ""))
	in.must(in.write("mine-request", ""))
	_, _ = in.call("supervisor.sendRemoteCommEvent", "x", "y")
	in.wantExit("exit 1")
	if !strings.Contains(in.read("supervisord.log"), "supervisord ends: nothing could go on after a panic in the handover: mine state; programs were told to stop") {
		in.t.Error(in.read("supervisord.log"))
	}
}
