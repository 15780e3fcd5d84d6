package webui

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"reeve/supervisor"
	"reeve/supervisor/process"
	"reeve/supervisor/procstat"
)

// stage is a supervisor for the hub, with a table that the test changes.
type stage struct {
	mu      sync.Mutex
	state   supervisor.State
	infos   []*supervisor.Info
	asked   int
	changed chan struct{}
	watched int
	samples int
}

func (s *stage) State() supervisor.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

func (s *stage) Identifier() string { return "x" }

func (s *stage) AllInfo(context.Context) ([]*supervisor.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.infos, nil
}

func (s *stage) Watch() (<-chan struct{}, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched++
	return s.changed, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.watched--
	}
}

// change gives process i another pid.
func (s *stage) change(i, pid int) {
	s.mu.Lock()
	s.infos = slices.Clone(s.infos)
	s.infos[i].Pid = pid
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *stage) sample(_ context.Context, pids []int) (map[int]procstat.Usage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples++
	usages := map[int]procstat.Usage{}
	for _, pid := range pids {
		usages[pid] = procstat.Usage{CPU: 0.5, Memory: 1 << 20}
	}
	return usages, nil
}

func newStage(n int) *stage {
	s := &stage{state: supervisor.Running, changed: make(chan struct{}, 1)}
	for i := range n {
		name := supervisor.Name{Group: "g", Process: fmt.Sprintf("p%04d", i)}
		s.infos = append(s.infos, &supervisor.Info{Name: name, State: process.Running, Pid: 1000 + i, Start: time.Unix(1, 0)})
	}
	return s
}

func (s *stage) hub() *hub {
	return newHub(Options{Supervisor: s, Now: time.Now, Sample: s.sample, SampleEach: 2 * time.Second})
}

// heard returns the messages that a viewer has received, as "event data", shortened.
func heard(v *viewer) (messages []string) {
	for {
		select {
		case m, ok := <-v.messages:
			if !ok {
				return append(messages, "cut off")
			}
			messages = append(messages, m.event+" "+string(m.data))
		default:
			return messages
		}
	}
}

func events(messages []string) (names []string) {
	for _, m := range messages {
		name, _, _ := strings.Cut(m, " ")
		names = append(names, name)
	}
	return names
}

func TestTableOnceThenChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(1000)
		h := s.hub()
		known := tableOf(s.infos).version
		has, hasNot := h.join(known), h.join("")
		synctest.Wait()
		if got := events(heard(has)); slices.Contains(got, "table") {
			t.Errorf("a page that has the table got %v, want no table", got)
		}
		if got := events(heard(hasNot)); !slices.Contains(got, "table") {
			t.Errorf("a page that has no table got %v, want the table", got)
		}
		s.change(7, 7777)
		time.Sleep(settleFor)
		synctest.Wait()
		want := `patch {"set":[{"id":"g:p0007","g":"g","s":20,"t":1,"p":7777,"d":"pid 7777"}]}`
		for _, v := range []*viewer{has, hasNot} {
			if got := heard(v); !slices.Contains(got, want) {
				t.Errorf("after one change a page got %q, want %q", got, want)
			}
		}
		h.leave(has)
		h.leave(hasNot)
	})
}

// Ten pages cost as much as one, and a burst of changes as much as one change.
func TestSupervisorIsAskedOncePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(10)
		h := s.hub()
		var viewers []*viewer
		for range 10 {
			viewers = append(viewers, h.join(""))
		}
		synctest.Wait()
		before := s.asked
		for i := range 10 {
			s.change(i, 5000+i)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(settleFor)
		synctest.Wait()
		if s.asked-before != 1 {
			t.Errorf("ten pages and ten changes at once asked the supervisor %d times, want once", s.asked-before)
		}
		if s.watched != 1 {
			t.Errorf("ten pages watch %d times, want once", s.watched)
		}
		for _, v := range viewers {
			h.leave(v)
		}
	})
}

func TestNoViewerNoWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(3)
		h := s.hub()
		time.Sleep(time.Hour)
		if s.samples != 0 || s.asked != 0 || s.watched != 0 {
			t.Errorf("without viewers there were %d samples, %d questions and %d watchers, want none", s.samples, s.asked, s.watched)
		}
		for range 2 { // it starts again after it has ended
			v := h.join("")
			time.Sleep(5 * time.Second)
			h.leave(v)
			synctest.Wait()
			samples := s.samples
			if samples == 0 {
				t.Error("with a viewer there was no sample")
			}
			time.Sleep(time.Hour)
			if s.samples != samples || s.watched != 0 {
				t.Errorf("after the last viewer has left there were %d more samples and %d watchers, want none", s.samples-samples, s.watched)
			}
		}
	})
}

func TestUsageTellsChangesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(2)
		h := s.hub()
		v := h.join("")
		time.Sleep(7 * time.Second)
		synctest.Wait()
		var usages []string
		for _, m := range heard(v) {
			if data, ok := strings.CutPrefix(m, "usage "); ok {
				usages = append(usages, data)
			}
		}
		want := []string{
			`{"g:p0000":[-1,1024],"g:p0001":[-1,1024]}`, // CPU is not known yet
			`{"g:p0000":[500,1024],"g:p0001":[500,1024]}`,
			`{}`,
			`{}`,
		}
		if !slices.Equal(usages, want) {
			t.Errorf("usages are %q, want %q", usages, want)
		}
		h.leave(v)
	})
}

// A page that does not read its messages is cut off; the others get theirs.
func TestSlowViewerIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(1)
		h := s.hub()
		slow, quick := h.join(""), h.join("")
		for i := range 2 * backlog {
			s.change(0, 2000+i)
			time.Sleep(settleFor + time.Millisecond)
			synctest.Wait()
			if got := events(heard(quick)); slices.Contains(got, "cut") {
				t.Fatal("a page that takes its messages was cut off")
			}
		}
		if got := heard(slow); got[len(got)-1] != "cut off" {
			t.Errorf("a page that is %d messages behind was not cut off", len(got))
		}
		h.leave(slow)
		h.leave(quick)
	})
}

func TestMoodIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(1)
		h := s.hub()
		v := h.join("")
		synctest.Wait()
		heard(v)
		s.mu.Lock()
		s.state = supervisor.Restarting
		s.mu.Unlock()
		s.changed <- struct{}{}
		time.Sleep(settleFor)
		synctest.Wait()
		if got := heard(v); len(got) == 0 || !strings.HasPrefix(got[0], `mood {"state":"RESTARTING"`) {
			t.Errorf("when the daemon restarts a page got %q, want its mood", got)
		}
		h.leave(v)
	})
}

func TestDiff(t *testing.T) {
	a, b, c := row{ID: "a"}, row{ID: "b"}, row{ID: "c", State: 20}
	set, del := diff([]row{a, b, c}, []row{b, {ID: "c", State: 40}, {ID: "d"}})
	got, _ := json.Marshal([]any{set, del})
	want := `[[{"id":"c","g":"","s":40},{"id":"d","g":"","s":0}],["a"]]`
	if string(got) != want {
		t.Errorf("diff gives %s, want %s", got, want)
	}
}

func TestRowTellsHowItEnded(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		info supervisor.Info
		want row
	}{
		{supervisor.Info{State: process.Exited, Start: at, Stop: at, ExitStatus: 3}, row{Why: "exit status 3", Text: "Nov 23 12:00 PM", When: "2026-11-23 12:00:00 UTC"}},
		{supervisor.Info{State: process.Exited, Start: at, Stop: at, ExitStatus: -1}, row{Why: "ended by a signal", Text: "Nov 23 12:00 PM", When: "2026-11-23 12:00:00 UTC"}},
		{supervisor.Info{State: process.Exited, Start: at, Stop: at}, row{Text: "Nov 23 12:00 PM", When: "2026-11-23 12:00:00 UTC"}},
		{supervisor.Info{State: process.Stopped}, row{Text: "Not started"}},
		{supervisor.Info{State: process.Fatal, Start: at, Stop: at, SpawnErr: "no"}, row{Text: "no", When: "2026-11-23 12:00:00 UTC"}},
	} {
		got := rowOf(&c.info)
		if got.Why != c.want.Why || got.Text != c.want.Text || got.When != c.want.When {
			t.Errorf("the row of %+v is %+v, want %+v", c.info, got, c.want)
		}
	}
}

// TestRowTellsWhatStays: what somebody has told the daemon is shown, a scale once per
// program; without anything of that the rows are as they were.
func TestRowTellsWhatStays(t *testing.T) {
	three := supervisor.Scaled{Program: "w", Count: 3, NumProcs: 2}
	t.Parallel()
	table := tableOf([]*supervisor.Info{
		{Name: supervisor.Name{Group: "a", Process: "a"}, Disabled: true},
		{Name: supervisor.Name{Group: "b", Process: "b"}, Disabled: true, StaysStopped: true},
		{Name: supervisor.Name{Group: "c", Process: "c"}},
		{Name: supervisor.Name{Group: "w", Process: "w0"}, Scaled: three},
		{Name: supervisor.Name{Group: "w", Process: "w1"}, Scaled: three, StaysStopped: true},
		{Name: supervisor.Name{Group: "x", Process: "w0"}, Scaled: three, Disabled: true},
	})
	const want = `[{"id":"a","g":"a","s":0,"k":"disabled"},{"id":"b","g":"b","s":0,"k":"disabled, stays stopped"},{"id":"c","g":"c","s":0},` +
		`{"id":"w:w0","g":"w","s":0,"k":"scaled to 3, numprocs is 2"},{"id":"w:w1","g":"w","s":0,"k":"stays stopped"},` +
		`{"id":"x:w0","g":"x","s":0,"k":"disabled, scaled to 3, numprocs is 2"}]`
	for i := range table.rows {
		table.rows[i].Text = ""
	}
	if got := string(mustJSON(table.rows)); got != want {
		t.Errorf("the rows are %s, want %s", got, want)
	}
}

// What checks say is shown of what runs; a program without them has the row that it had.
func TestRowTellsHealth(t *testing.T) {
	for _, c := range []struct {
		info supervisor.Info
		want string
	}{
		{supervisor.Info{State: process.Running, Pid: 7, Ready: true, Restarts: 3, Reason: "autorestart"}, `{"id":"","g":"","s":20,"p":7,"d":"pid 7"}`},
		{supervisor.Info{State: process.Running, Pid: 7, Health: "unknown"}, `{"id":"","g":"","s":20,"p":7,"d":"pid 7","h":"health unknown"}`},
		{
			supervisor.Info{State: process.Running, Pid: 7, Health: "unhealthy", StatusText: "loading"},
			`{"id":"","g":"","s":20,"p":7,"d":"pid 7","h":"unhealthy","x":"loading"}`,
		},
		{supervisor.Info{State: process.Starting, Pid: 7, Health: "unknown", StatusText: "loading"}, `{"id":"","g":"","s":10,"p":7,"x":"loading"}`},
		{supervisor.Info{Health: "unknown", StatusText: "loading", Waiting: "db (FATAL)"}, `{"id":"","g":"","s":0,"d":"waiting for db (FATAL)"}`},
	} {
		if got := string(mustJSON(rowOf(&c.info))); got != c.want {
			t.Errorf("the row of %+v is %s, want %s", c.info, got, c.want)
		}
	}
}
