package supervisor

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/datadriven"

	"reeve/config"
)

// stepPlan shows what the configuration means: `plan [GROUP …]`.
func stepPlan(s *scenario, d *datadriven.TestData) {
	if s.config != nil {
		s.resolve(d)
	}
	sup, groups := s.sup, groupsOf(d)
	s.request("plan", func() string { return planned(UpdaterOf(sup).Plan(context.Background(), groups...)) })
}

// stepUpdate puts the configuration in force process by process: `update [GROUP …]`.
func stepUpdate(s *scenario, d *datadriven.TestData) {
	if s.config != nil {
		s.resolve(d)
	}
	sup, groups := s.sup, groupsOf(d)
	s.request("update", func() string { return planned(UpdaterOf(sup).Update(context.Background(), groups...)) })
}

func groupsOf(d *datadriven.TestData) (all []string) {
	for _, a := range d.CmdArgs {
		all = append(all, a.Key)
	}
	return all
}

func planned(p Plan, err error) string {
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, e := range p {
		var text strings.Builder
		text.WriteString(e.Name() + " " + e.Action.String())
		for _, k := range e.Keys {
			text.WriteString(" " + k.Key)
		}
		if e.Reason != "" {
			text.WriteString(" (" + e.Reason + ")")
		}
		if e.Problem != "" {
			text.WriteString("; " + e.Problem)
		}
		all = append(all, text.String())
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// refusal is a way in which an update fails.
type refusal struct {
	name   string
	edit   func(s *scenario) // the configuration, and what stands in the way
	groups []string
	want   string
	left   bool // the client has left before it was asked
}

func refusals() []refusal {
	// changed is a configuration in which everything is to be done.
	changed := func(s *scenario) {
		s.do("read", "")
		s.config.Supervisord.ChildLogDir = s.sup.opt.Config.Supervisord.ChildLogDir
		s.do("group web", "web command=/bin/true autorestart=true needs=db")
		s.do("group db", "db startsecs=5")
		s.do("group new", "new auto=true")
		s.do("group php", "php socket=/run/php.sock")
	}
	return []refusal{
		{name: "no file", edit: func(s *scenario) { s.config = nil }, want: "cannot reread the configuration: broken"},
		{name: "an unknown group", edit: changed, groups: []string{"web", "nosuch"}, want: "no such group: nosuch"},
		{name: "a client that has left", edit: changed, want: "context canceled", left: true},
		{
			name: "a socket", edit: func(s *scenario) { changed(s); s.kernel.fails("/run/php.sock", "no room", false) },
			want: "Could not create FastCGI socket /run/php.sock: no room",
		},
		{
			name: "a log", edit: func(s *scenario) { changed(s); s.sup.opt.Config.Supervisord.ChildLogDir = "/dev/null" },
			want: "cannot create the stdout log of new: ",
		},
		{name: "a circle with a group that is not named", edit: func(s *scenario) {
			s.do("read", "")
			s.do("group web", "web")
			s.do("group db", "db needs=web")
		}, groups: []string{"db"}, want: "dependencies form a circle: "},
		{name: "the end of the daemon", edit: func(s *scenario) {
			changed(s)
			s.do("signal TERM", "")
		}, want: ErrEnding.Error()},
		{name: "a start that hangs", edit: func(s *scenario) {
			s.do("hold gone", "")
			s.do("exit gone 1", "")
			s.do("after 2s", "")
			s.do("hang gone", "/disk")
			changed(s)
		}, want: "a start of gone hangs; nothing was changed"},
	}
}

// TestRefusedUpdates: an update that is refused changes nothing, neither what the loop
// knows nor files.
func TestRefusedUpdates(t *testing.T) {
	for _, c := range refusals() {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := &scenario{t: t, config: &config.Config{}}
				s.config.Supervisord.ChildLogDir = dir
				defer s.close()
				s.do("group db", "db")
				s.do("group web", "web needs=db on=restart")
				s.do("group gone", "gone startsecs=0")
				s.do("run", "")
				s.do("after 5s", "")
				c.edit(s)
				if s.config != nil {
					s.resolve(&datadriven.TestData{})
				}
				state := func() string {
					text, err := s.sup.Succession().Saved(context.Background())
					if err != nil && !errors.Is(err, ErrEnding) { // it has nothing to hand over then
						t.Fatal(err)
					}
					return string(text)
				}
				before := state()
				s.trace.take()
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if c.left {
					cancel()
				}
				_, err := UpdaterOf(s.sup).Update(ctx, c.groups...)
				if err == nil || !strings.HasPrefix(err.Error(), c.want) {
					t.Errorf("the error is %v, want %s", err, c.want)
				}
				if after := state(); after != before {
					t.Errorf("before\n%s\nafter\n%s", before, after)
				}
				if seen := s.trace.take(); strings.Contains(seen, "SIG") || strings.Contains(seen, "spawned") {
					t.Errorf("something was done:\n%s", seen)
				}
				synctest.Wait()
				if logs, err := os.ReadDir(dir); err != nil || len(logs) > 0 {
					t.Errorf("files %v, %v", logs, err)
				}
			})
		})
	}
}
