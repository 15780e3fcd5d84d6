package judge

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// verdict checks that violations contain each text, or that there are none.
func verdict(t *testing.T, name string, got []string, want ...string) {
	t.Helper()
	if len(want) == 0 && len(got) > 0 {
		t.Errorf("%s: nothing was wrong, and it says %q", name, got)
	}
	for _, w := range want {
		if !strings.Contains(strings.Join(got, "\n"), w) {
			t.Errorf("%s: it says %q, want %q", name, got, w)
		}
	}
}

func run(pid int, began int64, done, intended uint64) Run {
	return Run{Process: "p", Pid: pid, Began: began, Ended: true, Status: -1, Streams: [2]Stream{{Done: done, Intended: intended}}}
}

func TestLines(t *testing.T) {
	line := func(id string, n uint64) string { return Line("p", id, 0, n, int(n)) }
	a, b := "1.10", "2.20"
	good := line(a, 1) + line(a, 2) + "something else\n" + line(b, 1)
	two := []Run{run(1, 10, 2, 3), run(2, 20, 1, 1)}
	for _, c := range []struct {
		name, log string
		runs      []Run
		slack     Slack
		want      []string
	}{
		{"all is there", good, two, Slack{}, nil},
		{"the last write may have come through", line(a, 1) + line(a, 2) + line(a, 3) + line(b, 1), two, Slack{}, nil},
		{"missing at the end", line(a, 1) + line(b, 1), two, Slack{}, []string{"lines 2 to 2 are not in its log"}},
		{"missing in the middle", line(a, 2) + line(b, 1), two, Slack{}, []string{"1 to 1 are missing"}},
		{"a run is missing", line(a, 1) + line(a, 2), two, Slack{}, []string{"run 2.20, channel 0: lines 1 to 1 are not"}},
		{"twice", line(a, 1) + line(a, 2) + line(a, 2) + line(b, 1), two, Slack{}, []string{"twice, or out of order"}},
		{"out of order", line(a, 2) + line(a, 1) + line(b, 1), two, Slack{}, []string{"twice, or out of order"}},
		{"runs out of order", line(b, 1) + line(a, 1) + line(a, 2), two, Slack{}, []string{"after lines of the later run"}},
		{"more than was written", line(a, 1) + line(a, 2) + line(a, 3) + line(a, 4) + line(b, 1), two, Slack{}, []string{"line 4 is in its log, and 3 were written"}},
		{"torn", line(a, 1) + line(a, 2)[:9] + "\n" + line(b, 1), two, Slack{}, []string{"is torn", "lines 2 to 2"}},
		{"of no run", good + line("9.9", 1), two, Slack{}, []string{"of no run"}},
		{"of another log", good + Line("p", b, 1, 1, 0), two, Slack{}, []string{"another log"}},
		{"found before the log was cleared", line(a, 3), []Run{{Pid: 1, Began: 10, Streams: [2]Stream{{Done: 3, Intended: 3, Checked: 2}}}}, Slack{}, nil},
		{"a kill may cost a buffer", line(a, 1) + line(b, 1), two, Slack{1, 1000}, nil},
		{"and tears lines", line(a, 1)[:9] + line(a, 2) + line(b, 1), two, Slack{1, 1000}, nil},
		{"but nothing comes twice", good + line(b, 1), two, Slack{1, 1000}, []string{"twice"}},
		{"and only one buffer", line(a, 1) + line(a, 50) + line(b, 1), []Run{run(1, 10, 50, 50), two[1]}, Slack{1, 1000}, []string{"at most 1000 bytes"}},
	} {
		verdict(t, c.name, Lines([]byte(c.log), "p", c.runs, []int{0}, c.slack), c.want...)
	}
}

func TestMainLog(t *testing.T) {
	const at = "2026-11-30 01:00:00,000 "
	spawned := func(pid string) string { return at + "INFO spawned: 'p' with pid " + pid + "\n" }
	ended := func(how string) string { return at + "WARN exited: p (" + how + "; not expected)\n" }
	stopped := at + "WARN stopped: p (terminated by SIGKILL)\n"
	exits := func(status int) []Run { r := run(5, 1, 0, 0); r.Status = status; return []Run{r} }
	live := run(6, 2, 0, 0)
	live.Ended = false
	twice := run(5, 1, 0, 0)
	twice.Twice = true
	for _, c := range []struct {
		name, log string
		runs      []Run
		lost      int
		want      []string
	}{
		{"killed, then started again", spawned("5") + stopped + spawned("6"), append(exits(-1), live), 0, nil},
		{"exited", spawned("5") + ended("exit status 3"), exits(3), 0, nil},
		{"a signal came before the exit", spawned("5") + ended("terminated by SIGTERM"), exits(3), 0, nil},
		{"killed before it could note anything", spawned("4") + stopped + spawned("5") + stopped, exits(-1), 0, nil},
		{"a pid that is used again", spawned("5") + ended("exit status 1") + spawned("5") + stopped, append(exits(1), run(5, 9, 0, 0)), 0, nil},
		{"another status", spawned("5") + ended("exit status 0"), exits(3), 0, []string{"about to exit with 3"}},
		{"a status that nobody gave", spawned("5") + ended("exit status 0"), exits(-1), 0, []string{"not about to exit"}},
		{"a lost end", spawned("5") + spawned("6"), append(exits(-1), live), 0, []string{"the end of pid 5 is not in the main log"}},
		{"a lost end, and none after it", spawned("5"), exits(-1), 0, []string{"the end of pid 5 is not in the main log"}},
		{"an end of what is there", spawned("6") + stopped, []Run{live}, 0, []string{"still there"}},
		{"two ends", spawned("5") + stopped + stopped, exits(-1), 0, []string{"ended 2 times"}},
		{"two ends, a start between them was lost by a kill", spawned("5") + stopped + stopped, exits(-1), 3, nil},
		{"nobody reads", spawned("5") + ended("exit status 98"), exits(98), 0, []string{"could not write"}},
		{"a start that was not said", "", exits(-1), 0, []string{"never said"}},
		{"two at a time", spawned("5") + stopped, []Run{twice}, 0, []string{"another one was there"}},
		{"lines lost by a kill of the daemon", spawned("5") + spawned("6"), append(exits(-1), live), 3, nil},
		{"too many", strings.Repeat(spawned("5"), 9), exits(-1), 3, []string{"at most 3"}},
	} {
		verdict(t, c.name, MainLog(c.log, c.runs, c.lost), c.want...)
	}
}

func begin() Heard { return Heard{Begin: true} }
func heard(serial, pool uint64) Heard {
	return Heard{Name: "TICK_5", Serial: serial, Pool: pool, Payload: "when:1"}
}

func TestEvents(t *testing.T) {
	one := []Heard{begin(), heard(5, 1), heard(6, 2), heard(9, 3)}
	next := append(one[:4:4], begin(), heard(12, 1), heard(13, 2))
	again := append(one[:4:4], begin(), heard(9, 3), heard(10, 4))
	for _, c := range []struct {
		name            string
		heard           []Heard
		sessions, kills int
		want            []string
	}{
		{"in order", one, 1, 0, nil},
		{"two sessions", next, 2, 0, nil},
		{"the last one again after a kill", again, 1, 1, nil},
		{"a number is missing", []Heard{begin(), heard(5, 1), heard(7, 3)}, 1, 0, []string{"after number 1"}},
		{"twice", append(one[:4:4], heard(9, 3)), 1, 0, []string{"after number 3"}},
		{"serials out of order", []Heard{begin(), heard(5, 1), heard(4, 2)}, 1, 0, []string{"after number 1"}},
		{"a listener that was started again", append(one[:4:4], begin(), heard(10, 4)), 1, 0, []string{"started 2 times"}},
		{"numbers begin again in a session", next, 1, 1, []string{"2 times in 1 sessions"}},
		{"more came again than kills were", append(again[:7:7], begin(), heard(10, 4)), 2, 1, []string{"2 came twice"}},
	} {
		verdict(t, c.name, InOrder(c.heard, c.sessions, c.kills), c.want...)
	}
}

func TestEventsOfFailingListeners(t *testing.T) {
	mixed := []Heard{begin(), heard(6, 2), heard(5, 1), begin(), heard(6, 2), heard(9, 3)}
	verdict(t, "by anyone, in any order, again", AllOnce(mixed, nil))
	verdict(t, "a new session", AllOnce(append(mixed, heard(20, 1), heard(21, 2)), nil))
	hole := append(mixed, heard(11, 5))
	verdict(t, "a hole", AllOnce(hole, nil), "numbers 4 to 4")
	verdict(t, "a hole in an end", AllOnce(hole, []Ending{{8, 20}}))
	verdict(t, "a hole in another end", AllOnce(hole, []Ending{{11, 20}}), "numbers 4 to 4")
	verdict(t, "two numbers", AllOnce(append(mixed, heard(9, 4)), nil), "serial 9 is number 3 and 4")
	stop := heard(7, 2)
	stop.Name = "SUPERVISOR_STATE_CHANGE_STOPPING"
	if got := Endings([]Heard{begin(), heard(5, 1), stop, heard(9, 3), begin(), heard(12, 1)}); len(got) != 1 || got[0] != (Ending{7, 12}) {
		t.Errorf("ends of sessions: %v", got)
	}
}

func TestRemote(t *testing.T) {
	event := func(n string) Heard {
		return Heard{Name: "REMOTE_COMMUNICATION", Payload: "type:n\nnumber " + n}
	}
	verdict(t, "all", Remote([]Heard{event("1"), heard(1, 1), event("2")}, []int{1, 2}, 0))
	verdict(t, "one is lost", Remote([]Heard{event("1")}, []int{1, 2}, 9), "number 2 of a client was never heard")
	verdict(t, "one came twice", Remote([]Heard{event("1"), event("1")}, []int{1}, 0), "1 of clients came twice")
	verdict(t, "no number", Remote([]Heard{event("x")}, nil, 0), "payload")
}

func TestNotedEventsAreRead(t *testing.T) {
	h := Heard{Listener: "1.2", Name: "A", Serial: 3, Pool: 4, Payload: "a\nb c\n"}
	text := string(AppendHeard(AppendHeard(nil, Heard{Listener: "1.2", Begin: true}), h))
	all, err := ReadHeard(text)
	if err != nil || len(all) != 2 || !all[0].Begin || all[1] != h {
		t.Errorf("read: %v, %v", all, err)
	}
	if all, err := ReadHeard(text[:len(text)-3]); err != nil || len(all) != 1 {
		t.Errorf("a torn end: %v, %v", all, err)
	}
	if _, err := ReadHeard("what\n"); err == nil {
		t.Error("nonsense was read")
	}
}

func state(serial uint64, to, payload string) Heard {
	return Heard{Name: "PROCESS_STATE_" + to, Serial: serial, Pool: serial, Payload: "processname:p groupname:g from_state:" + payload}
}

func TestTransitions(t *testing.T) {
	life := []Heard{
		begin(), state(1, "STARTING", "STOPPED tries:0"), state(2, "RUNNING", "STARTING pid:5"), state(3, "EXITED", "RUNNING expected:0 pid:5"),
		state(4, "STARTING", "EXITED tries:0"), state(5, "STOPPING", "STARTING pid:0"), state(6, "STOPPED", "STOPPING pid:6"),
	}
	verdict(t, "a life", Transitions(life))
	verdict(t, "the last one again", Transitions(append(life[:4:4], begin(), life[3], life[4])))
	removed := Heard{Name: "PROCESS_GROUP_REMOVED", Serial: 3, Pool: 3, Payload: "groupname:g\n"}
	verdict(t, "a group that was there before", Transitions([]Heard{life[1], life[2], removed, state(4, "STARTING", "STOPPED tries:0")}))
	verdict(t, "and was not removed", Transitions([]Heard{life[1], life[2], state(4, "STARTING", "STOPPED tries:0")}), "it was RUNNING, then serial 4 says from STOPPED")
	session := state(9, "STARTING", "STOPPED tries:0")
	session.Pool = 1
	verdict(t, "a new session", Transitions([]Heard{life[1], life[2], session}))
	verdict(t, "not legal", Transitions([]Heard{state(1, "RUNNING", "STOPPED pid:4")}), "from STOPPED to RUNNING")
	verdict(t, "one is lost", Transitions([]Heard{life[1], life[3]}), "it was STARTING")
	verdict(t, "another pid", Transitions([]Heard{life[1], life[2], state(3, "EXITED", "RUNNING expected:0 pid:7")}), "pid 7 becomes EXITED")
}

// The transitions are those of the page that the state machine's test draws.
func TestLegalTransitionsAreDrawn(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/states.md")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]bool{"EXITED STOPPED": true} // of a program with backoff_delay
	for _, m := range regexp.MustCompile(`(?m)^    ([A-Z]+) --> ([A-Z]+):`).FindAllStringSubmatch(string(page), -1) {
		drawn[m[1]+" "+m[2]] = true
	}
	for from, all := range legal {
		for to := range strings.FieldsSeq(all) {
			if !drawn[from+" "+to] {
				t.Errorf("%s to %s is legal and not drawn", from, to)
			}
			delete(drawn, from+" "+to)
		}
	}
	for edge := range drawn {
		t.Errorf("%s is drawn and not legal", edge)
	}
}

func TestCensus(t *testing.T) {
	up := Info{"g:p", "RUNNING", 5}
	down := Info{"g:q", "STOPPED", 0}
	both := []Info{up, down}
	verdict(t, "as it is", Census(both, both, []There{{5, "g:p"}}))
	verdict(t, "not there", Census(both, both, nil), "pid 5, which is not there")
	verdict(t, "changing", Census(both, []Info{{"g:p", "EXITED", 0}, down}, nil))
	verdict(t, "a child too many", Census(both, both, []There{{5, "g:p"}, {6, "g:p"}}), "pid 6 is a child of g:p")
	verdict(t, "a child of what is stopped", Census(both, both, []There{{5, "g:p"}, {6, "g:q"}}), "pid 6 is a child of g:q")
	verdict(t, "a child of nothing", Census(both, both, []There{{5, "g:p"}, {6, "x"}}), "which is no process")
	verdict(t, "infos", Infos(both))
	verdict(t, "one pid twice", Infos([]Info{up, {"g:q", "RUNNING", 5}}), "both have pid 5")
	verdict(t, "running without a pid", Infos([]Info{{"g:p", "RUNNING", 0}}), "without a pid")
	verdict(t, "stopped with a pid", Infos([]Info{{"g:p", "STOPPED", 4}}), "has pid 4")
	verdict(t, "no state", Infos([]Info{{"g:p", "ODD", 0}}), "does not exist")
}

func TestFlat(t *testing.T) {
	s := func(descriptors, threads, memory int) Sample {
		return Sample{Descriptors: descriptors, Threads: threads, Memory: memory, Open: map[string]int{"pipe:[N]": descriptors}}
	}
	verdict(t, "one look", Flat([]Sample{s(9, 9, 9000)}))
	verdict(t, "flat", Flat([]Sample{s(20, 30, 90000), s(25, 30, 99000), s(20, 35, 95000)}))
	verdict(t, "a descriptor stays", Flat([]Sample{s(20, 30, 90000), s(22, 30, 90000)}), "map[pipe:[N]:2]")
	verdict(t, "threads stay", Flat([]Sample{s(20, 30, 90000), s(20, 60, 90000)}), "threads")
	verdict(t, "memory stays", Flat([]Sample{s(20, 30, 90000), s(20, 30, 200000)}), "memory")
}

func TestRefused(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	f := []Failure{{at(10), at(12), "getState", "refused"}}
	verdict(t, "in a window", Refused(f, []Window{{at(1), at(2)}, {at(11), at(20)}}))
	verdict(t, "after it", Refused(f, []Window{{at(1), at(9)}}), "getState failed", "refused")
}
