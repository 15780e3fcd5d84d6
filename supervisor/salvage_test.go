package supervisor

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"reeve/config"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// fuseSteps are a day in the life of a supervisor.
var fuseSteps = []string{
	"group web\nweb startsecs=1 autorestart=true",
	"group base\njob startsecs=0 autorestart=true\nslow startsecs=0\nlate autostart=false",
	"group ears events=PROCESS_STATE buffer=2\near startsecs=0 autorestart=true",
	"group top priority=5\napp startsecs=1 autorestart=true needs=web",
	"run", "after 2s",
	"start base:slow nowait", "stop base:slow", "exit slow TERM", "start base:slow",
	"exit job 1", "exit web 1", "after 5s",
	"hold late", "start base:late nowait", "stop base:late", "hang late\nnowhere", "let late", "after 2s",
	"start base:late", "after 2s", "remove ears", "stop base:late", "exit late TERM", "start all nowait", "after 2s",
	"stop web:web", "exit app TERM", "exit web TERM", "start web:web", "start top:app", "after 2s",
	"kill base:job USR1", "remote kind",
	"after 30s",
}

// TestPanicAnywhere lets the loop panic at one call to what is outside it, for each such
// call of a long scenario. Whatever was half done, the next loop gets everything to where
// it belongs, nobody waits for ever, and the end is complete.
func TestPanicAnywhere(t *testing.T) {
	fell := 0
	for n := 1; ; n++ {
		burnt := false
		synctest.Test(t, func(t *testing.T) { burnt = panicAt(t, n) })
		if !burnt {
			break
		}
		fell++
	}
	if fell < 60 {
		t.Errorf("only %d panics: the scenario has grown too small", fell)
	}
	t.Logf("%d panics", fell)
}

func panicAt(t *testing.T, n int) (burnt bool) {
	s := &scenario{t: t, config: &config.Config{}, reign: &reign{over: make(chan struct{})}}
	var last *rescue.Panic
	defer rescue.Listen(func(p *rescue.Panic) { last = p })()
	defer s.close()
	shown := ""
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("call %d: %s\n%s%s", n, fmt.Sprintf(format, args...), shown, last.Stack)
	}
	play := func(step string) {
		line, input, _ := strings.Cut(step, "\n")
		shown += "> " + line + "\n" + s.do(line, input)
		if line == "run" {
			s.trace.fuse = n
		}
		for s.handed.Load() != nil {
			shown += "! succeed\n" + s.do("succeed", "")
		}
	}
	for _, step := range fuseSteps {
		play(step)
	}
	play("after 30s")
	for name, pid := range s.kernel.pids { // what was to be stopped may have missed its signal
		if c := s.child(name); c != nil && c.machine.State == process.Stopping && s.kernel.live[pid] {
			s.kernel.exit(pid, process.Exit{Code: -1})
			play("after 30s")
		}
	}
	for _, name := range []string{"web", "job", "app", "ear"} {
		if c := s.child(name); c.machine.State != process.Running {
			fail("%s is %s", name, c.machine.State)
		} else if !s.kernel.live[c.machine.Pid] {
			fail("%s is running with a child that has ended", name)
		}
	}
	burnt = last != nil
	alive := 0
	for c := range s.sup.loop.groups.each() {
		if c.machine.Pid != 0 {
			alive++
		}
	}
	if len(s.kernel.live) != alive {
		fail("%d children, known are %d", len(s.kernel.live), alive)
	}
	for _, name := range []string{"web", "job", "slow", "app", "late", "ear"} {
		s.kernel.obey[name] = true
	}
	play("signal TERM")
	for range 5 {
		play("after 30s")
	}
	if !s.ended {
		fail("it does not end")
	}
	if len(s.open) > 0 {
		for _, r := range s.open {
			select {
			case <-r:
			default:
				fail("somebody waits still")
			}
		}
	}
	return burnt || last != nil
}

// child returns a process of the scenario; nobody else uses the loop meanwhile.
func (s *scenario) child(name string) *child {
	synctest.Wait()
	for c := range s.sup.loop.groups.each() {
		if c.config.Name == name {
			return c
		}
	}
	return nil
}

// TestMendedLoop breaks the data of a loop in ways that need a panic between two certain
// steps.
func TestMendedLoop(t *testing.T) {
	for _, c := range []struct {
		name      string
		before    []string
		interrupt func(l *loop)
		log       string   // of the repair
		after     []string // of the successor
		want      string   // lines of what it shows then
	}{
		{"an end that was received", nil, func(l *loop) {
			c := l.byRow[1]
			l.reaped = spawn.Exit{Pid: c.machine.Pid, Status: process.Exit{Code: 3}}
			delete(l.byPid, c.machine.Pid)
			delete(l.kernel.(*fakeKernel).live, c.machine.Pid)
		}, "web: its end was not taken note of", []string{"after 1s"}, "exited: web (exit status 3; not expected)"},
		{"an end that nobody knows", nil, func(l *loop) {
			c := l.byRow[1]
			delete(l.kernel.(*fakeKernel).live, c.machine.Pid)
		}, "web: its end was not taken note of", []string{"after 1s"}, "exited: web (unknown termination cause"},
		{"a stop of a start that is lost", []string{"hold late", "start base:late nowait", "stop base:late"}, func(l *loop) {
			l.kernel.(*fakeKernel).held = nil
		}, "", []string{"status"}, "base:late STOPPED"},
		{"effects that wait", nil, func(l *loop) {
			for c := range l.groups.each() {
				if c.config.Name == "late" {
					l.ordering.queue = append(l.ordering.queue, order.Start{ID: c.orderID(), Reason: "request"})
				}
			}
		}, "", []string{"after 2s", "status"}, "base:late RUNNING"},
		{"a caller of what has happened", []string{"start base:late"}, func(l *loop) {
			for c := range l.groups.each() {
				if c.config.Name == "late" {
					l.now = time.Now()
					c.machine.Stop(l.now)
					c.machine.Exited(l.now, process.Exit{})
					delete(l.kernel.(*fakeKernel).live, l.kernel.(*fakeKernel).pids["late"])
				}
			}
		}, "", nil, "start base:late => abnormal termination"},
		{"a caller for whom nothing waits", []string{"start base:late"}, func(l *loop) {
			for c := range l.groups.each() {
				c.tickets = nil
			}
		}, "", nil, "start base:late => " + errFell.Error()},
		{"a process without a place", nil, func(l *loop) {
			g := l.groups.byName["base"]
			fewer := *g.config
			fewer.Processes = fewer.Processes[:1]
			g.config = &fewer
		}, "", []string{"status"}, "base:late STOPPED"},
		{"a group that was being removed", []string{"signal TERM"}, func(l *loop) {
			l.ending.queue = append(l.ending.queue, &group{config: &config.Group{Name: "gone"}})
		}, "", []string{"exit web TERM"}, "end: restart=false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &scenario{t: t, config: &config.Config{}, reign: &reign{over: make(chan struct{})}}
				defer s.close()
				defer rescue.Listen(func(p *rescue.Panic) {
					if p.Value != "interrupted" {
						t.Error(p.Short(), p.Stack)
					}
				})()
				shown := ""
				play := func(steps ...string) {
					for _, step := range steps {
						line, input, _ := strings.Cut(step, "\n")
						shown += s.do(line, input)
					}
				}
				play("group base\nweb startsecs=0 autorestart=false\nlate autostart=false", "run", "after 2s")
				play(c.before...)
				answer := make(chan error, 1)
				go func() {
					_, err := ask(t.Context(), s.sup, interrupted(c.interrupt), newReply[none]())
					answer <- err
				}()
				for synctest.Wait(); s.handed.Load() == nil; synctest.Wait() {
					time.Sleep(settleFor)
				}
				if err := <-answer; err != errFell {
					t.Errorf("the request that panicked: %v", err)
				}
				if shown += s.trace.take(); !strings.Contains(shown, c.log) {
					t.Errorf("the repair was not logged:\n%s", shown)
				}
				play("succeed")
				play(c.after...)
				if shown += s.answers(); !strings.Contains(shown, c.want) {
					t.Errorf("no %q in\n%s", c.want, shown)
				}
			})
		})
	}
}

// interrupted is a turn that ends in a panic.
type interrupted func(l *loop)

func (r interrupted) serve(l *loop) {
	r(l)
	panic("interrupted")
}
