package supervisor

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/datadriven"

	"reeve/config"
)

// between returns a handle whose requests pass through the test: meanwhile runs before
// the second of them is carried out.
func (s *scenario) between(meanwhile func()) *Supervisor {
	sup := &Supervisor{requests: make(chan posted), ended: s.sup.ended, opt: s.sup.opt, loop: s.sup.loop}
	sup.ident.Store(s.sup.ident.Load())
	go func() {
		for n := 1; ; n++ {
			select {
			case r := <-sup.requests:
				if n == 2 {
					meanwhile()
				}
				select {
				case s.sup.requests <- r:
				case <-s.sup.ended:
				}
			case <-s.sup.ended:
				return
			case <-s.t.Context().Done():
				return
			}
		}
	}()
	return sup
}

// do carries out a step of a scenario.
func (s *scenario) do(line, input string) string {
	words := strings.Fields(line)
	d := &datadriven.TestData{Cmd: words[0], Input: input}
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		d.CmdArgs = append(d.CmdArgs, datadriven.CmdArg{Key: key, Vals: []string{value}})
	}
	return s.step(s.t, d)
}

// secondStep is a request between whose two steps something happens.
type secondStep struct {
	name      string
	do        func(s *scenario, sup *Supervisor) error
	meanwhile func(s *scenario)
	want      error
	status    string // afterwards, without the program that stays
	logs      string // AUTO logs on disk afterwards
}

func secondSteps() []secondStep {
	ctx := context.Background()
	term := func(s *scenario) { s.sup.Signal(syscall.SIGTERM) }
	start := func(_ *scenario, sup *Supervisor) error { return sup.Start(ctx, Name{"web", "web"}, false) }
	add := func(_ *scenario, sup *Supervisor) error { return sup.AddGroup(ctx, "new") }
	join := func(_ *scenario, sup *Supervisor) error { return sup.AddProgram(ctx, "web", "joined", nil) }
	reread := func(s *scenario) {
		s.do("read", "")
		s.do("group web", "web autostart=false")
		s.do("group new", "other auto=true autostart=false")
		s.do("reread", "")
	}
	return []secondStep{
		{"start, shutdown", start, term, ErrEnding, "web:web STOPPED", ""},
		{"start a group, shutdown", func(_ *scenario, sup *Supervisor) error {
			_, err := sup.StartGroup(ctx, "web", false)
			return err
		}, term, ErrEnding, "web:web STOPPED", ""},
		{"start all, restart", func(_ *scenario, sup *Supervisor) error {
			_, err := sup.StartAll(ctx, false)
			return err
		}, func(s *scenario) { s.sup.Signal(syscall.SIGHUP) }, ErrEnding, "web:web STOPPED", ""},
		{"start, removed", start, func(s *scenario) { s.do("remove web", "") }, ErrNoSuchProcess, "", ""},
		{"start, started", start, func(s *scenario) { s.do("start web nowait", "") }, ErrAlreadyStarted, "web:web STARTING", ""},
		{"add", add, func(*scenario) {}, nil, "new:new STOPPED web:web STOPPED", "new-stdout"},
		{"add, shutdown", add, term, ErrEnding, "web:web STOPPED", ""},
		{"add, another configuration", add, reread, nil, "new:other STOPPED web:web STOPPED", "other-stdout"},
		{"add, no longer in the configuration", add, func(s *scenario) {
			s.do("read", "")
			s.do("group web", "web autostart=false")
			s.do("reread", "")
		}, ErrNoSuchGroup, "web:web STOPPED", ""},
		{"add, added", add, func(s *scenario) { s.do("add new", "") }, ErrAlreadyAdded, "new:new STOPPED web:web STOPPED", "new-stdout"},
		{"add, the client leaves", func(s *scenario, _ *Supervisor) error {
			left, leave := context.WithCancel(ctx)
			return s.between(leave).AddGroup(left, "new")
		}, nil, nil, "new:new STOPPED web:web STOPPED", "new-stdout"},
		{"join", join, func(*scenario) {}, nil, "web:joined STOPPED web:web STOPPED", "joined-stdout"},
		{"join, shutdown", join, term, ErrEnding, "web:web STOPPED", ""},
		{"join, removed", join, func(s *scenario) { s.do("remove web", "") }, ErrNoSuchGroup, "", ""},
		{"join, another group of that name", join, func(s *scenario) { s.do("remove web", ""); s.do("add web", "") }, nil, "web:joined STOPPED web:web STOPPED", "joined-stdout"},
		{"join, another configuration", join, reread, nil, "web:joined STOPPED web:web STOPPED", "joined-stdout"},
		{"join, joined", join, func(s *scenario) { s.do("join web", "joined autostart=false") }, &NameTakenError{"joined"}, "web:joined STOPPED web:web STOPPED", ""},
	}
}

// TestTheLoopDecides: whatever was looked at and prepared for a request, what counts is
// the state when it is carried out.
func TestTheLoopDecides(t *testing.T) {
	for _, c := range secondSteps() {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := &scenario{t: t, config: &config.Config{}}
				s.config.Supervisord.ChildLogDir = dir
				defer s.close()
				s.do("group stay", "stay startsecs=0")
				s.do("group web", "web autostart=false")
				s.do("run", "")
				s.do("group new", "new auto=true autostart=false")
				s.do("reread", "")
				s.joining = s.processes(&datadriven.TestData{Input: "joined auto=true autostart=false"})
				sup := s.sup
				if c.meanwhile != nil {
					sup = s.between(func() { c.meanwhile(s) })
				}
				err := c.do(s, sup)
				synctest.Wait()
				if taken, ok := errors.AsType[*NameTakenError](c.want); ok {
					if got, ok := errors.AsType[*NameTakenError](err); !ok || *got != *taken {
						t.Errorf("%v, want %v", err, c.want)
					}
				} else if !errors.Is(err, c.want) || c.want == nil && err != nil {
					t.Errorf("%v, want %v", err, c.want)
				}
				if got := s.states(); got != c.status {
					t.Errorf("afterwards %q, want %q", got, c.status)
				}
				s.wantLogs(dir, c.logs)
			})
		})
	}
}

// states returns the processes and their states.
func (s *scenario) states() string {
	var all []string
	infos, _ := s.sup.AllInfo(context.Background())
	for _, i := range infos {
		if i.Group != "stay" { // it only keeps the daemon from ending
			all = append(all, i.Name.String()+" "+i.State.String())
		}
	}
	return strings.Join(all, " ")
}

// wantLogs checks which AUTO logs exist, and that each belongs to a process.
func (s *scenario) wantLogs(dir, want string) {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		name, _, _ := strings.Cut(filepath.Base(f), "---")
		names = append(names, name)
		if infos, err := s.sup.AllInfo(context.Background()); err == nil &&
			!slices.ContainsFunc(infos, func(i *Info) bool { return i.StdoutLogfile == f }) {
			s.t.Errorf("%s belongs to nobody", f)
		}
	}
	if got := strings.Join(names, " "); got != want {
		s.t.Errorf("logs %q, want %q", got, want)
	}
}

// Of two rereads the one that began later counts, whichever ends first.
func TestOlderConfigurationDoesNotReplaceANewerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scenario{t: t, config: &config.Config{}}
		defer s.close()
		s.do("run", "")
		s.do("group old", "p autostart=false")
		sup := &Supervisor{requests: make(chan posted), ended: s.sup.ended, opt: s.sup.opt}
		older := make(chan Changes)
		go func() {
			c, err := sup.Reread(context.Background())
			if err != nil {
				t.Error(err)
			}
			older <- c
		}()
		r := <-sup.requests // it was read
		s.sup.rereads.Store(sup.rereads.Load())
		s.do("read", "")
		s.do("group new", "p autostart=false")
		s.do("reread", "")
		s.sup.requests <- r
		if c := <-older; !slices.Equal(c.Added, []string{"new"}) {
			t.Errorf("the older one reports %v", c.Added)
		}
		if err := s.sup.AddGroup(context.Background(), "new"); err != nil {
			t.Error(err)
		}
	})
}

// A restart that was asked for before a shutdown does not undo it.
func TestRestartDoesNotUndoAShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scenario{t: t, config: &config.Config{}}
		defer s.close()
		s.do("group web", "web")
		s.do("run", "")
		sup := &Supervisor{requests: make(chan posted), ended: s.sup.ended, opt: s.sup.opt}
		failed := make(chan error)
		go func() { failed <- sup.Restart(context.Background()) }()
		r := <-sup.requests // the configuration was checked
		s.sup.Signal(syscall.SIGTERM)
		s.sup.requests <- r
		if err := <-failed; !errors.Is(err, ErrEnding) {
			t.Errorf("%v, want %v", err, ErrEnding)
		}
		s.do("exit web 0", "")
		if got := s.sup.State(); got != Shutdown || !s.ended {
			t.Errorf("%s, ended: %v", got, s.ended)
		}
	})
}

// A request that changes groups is refused while the daemon ends, even if its method was
// called before.
func TestNothingIsChangedAtTheEnd(t *testing.T) {
	ctx := context.Background()
	synctest.Test(t, func(t *testing.T) {
		s := &scenario{t: t, config: &config.Config{}}
		defer s.close()
		s.do("group web", "web\nidle autostart=false")
		s.do("group empty", "idle autostart=false")
		s.do("run", "")
		s.sup.Signal(syscall.SIGTERM)
		for name, err := range map[string]error{
			"remove": s.sup.RemoveGroup(ctx, "empty"),
			"leave":  s.sup.RemoveProcess(ctx, Name{"web", "idle"}),
			"reread": func() error { _, err := s.sup.Reread(ctx); return err }(),
		} {
			if !errors.Is(err, ErrEnding) {
				t.Errorf("%s: %v, want %v", name, err, ErrEnding)
			}
		}
		s.do("exit web 0", "")
	})
}

// A scale that was prepared for what has changed since is prepared again.
func TestScaleIsPreparedAgain(t *testing.T) {
	for _, c := range []struct{ name, between, input, want string }{
		{"another scale", "scale web 2 nowait", "", "web:web_0 STARTING web:web_1 STARTING web:web_2 STARTING"},
		{"another scale that is higher", "scale web 4 nowait", "", "web:web_0 STARTING web:web_1 STARTING web:web_2 STARTING web:web_3 STOPPING"},
		{"join", "join web", "other", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &scenario{t: t, config: &config.Config{}}
				defer s.close()
				s.do("group web", "web_0")
				s.do("run", "")
				sup := &Supervisor{requests: make(chan posted), ended: s.sup.ended, opt: s.sup.opt, loop: s.sup.loop}
				sup.ident.Store(s.sup.ident.Load())
				done := make(chan error)
				go func() {
					_, err := DesiredOf(sup).Scale(context.Background(), "web", 3, false)
					done <- err
				}()
				s.sup.requests <- <-sup.requests
				prepared := <-sup.requests
				s.do(c.between, c.input)
				s.sup.requests <- prepared
				sup.scales.Store(s.sup.scales.Load())
				asked := 0
				var err error
				for ended := false; !ended; {
					select {
					case r := <-sup.requests:
						if asked++; asked > 10 {
							t.Fatal("it is prepared again and again")
						}
						s.sup.requests <- r
					case err = <-done:
						ended = true
					}
				}
				if asked == 0 {
					t.Fatal("it was not prepared again: ", err)
				}
				if c.name == "join" { // what joined is not in the file
					if err == nil || !strings.Contains(err.Error(), "update it first") {
						t.Errorf("join: %v", err)
					}
					return
				}
				if got := s.states(); err != nil || got != c.want {
					t.Errorf("%v, %s; want %s", err, got, c.want)
				}
			})
		})
	}
}
