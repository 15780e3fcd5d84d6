package supervisor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"reeve/config"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/plan"
	"reeve/supervisor/process"
)

// TestPlanIsWhatHappens: configurations are edited at random while processes run, were
// stopped, ended or failed. What the plan says of each process is then compared with what
// an update does to it: its pid and its state.
func TestPlanIsWhatHappens(t *testing.T) {
	n := 120
	if testing.Short() {
		n = 30
	}
	for seed := range n {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				w := &edited{t: t, r: rand.New(rand.NewPCG(uint64(seed), 1)), file: filepath.Join(dir, "s.conf"), dir: dir}
				w.play()
			})
		})
	}
}

// edited is a configuration that is edited while it is in force.
type edited struct {
	t         *testing.T
	r         *rand.Rand
	file, dir string
	sections  map[string]map[string]string
	s         *scenario
	loader    *config.Loader
}

func (w *edited) play() {
	w.sections = map[string]map[string]string{}
	for range 3 + w.r.IntN(4) {
		w.addProgram()
	}
	for !w.write() {
		w.edit()
	}
	w.run()
	defer func() {
		w.s.sup.requests <- posted{handoffRequest{}, nil}
		synctest.Wait()
	}()
	time.Sleep(time.Minute)
	for range 6 {
		w.disturb()
		time.Sleep(time.Minute)
		before := maps.Clone(w.sections)
		for range 1 + w.r.IntN(4) {
			w.edit()
		}
		if !w.write() {
			w.sections = before
			w.write()
			continue
		}
		w.compare()
		if w.t.Failed() {
			return
		}
	}
}

func (w *edited) run() {
	s := &scenario{t: w.t, base: time.Now()}
	s.trace = &trace{start: s.base}
	s.kernel = newFakeKernel(s.trace)
	s.table = &fakeTable{trace: s.trace, outputs: make(chan capture.Output, 1000)}
	s.prober, s.hears, s.watcher = newFakeProber(s.trace), newFakeNotifier(s.trace), newFakeWatcher(s.trace)
	s.kept = &fakeStateFile{trace: s.trace}
	s.reign = &reign{over: make(chan struct{})}
	w.s = s
	w.loader = config.NewLoader(w.file)
	cfg, err := w.loader.Load()
	if err != nil {
		w.t.Fatal(err)
	}
	s.sup, err = newSupervisor(Options{Config: cfg, Log: s.trace, Reread: w.loader.Load}, s.devices())
	if err != nil {
		w.t.Fatal(err)
	}
	w.obey()
	s.run()
}

// obey has all programs end when they are asked to, and start.
func (w *edited) obey() {
	for name := range w.sections {
		_, own, _ := strings.Cut(name, ":")
		for _, p := range []string{own, own + "_0", own + "_1", own + "_2", own + "_3"} {
			w.s.kernel.obeys(p)
			w.s.kernel.fails(p, "", false)
		}
	}
}

// disturb stops programs, or has them end or fail.
func (w *edited) disturb() {
	infos, err := w.s.sup.AllInfo(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, i := range infos {
		switch w.r.IntN(9) {
		case 0:
			_ = w.s.sup.Stop(context.Background(), i.Name, true)
		case 1, 4, 5:
			_ = w.s.sup.Start(context.Background(), i.Name, false)
		case 2:
			w.end(i, process.Exit{Code: 0})
		case 3:
			w.s.kernel.fails(i.Process, "no", false) // until the update
			w.end(i, process.Exit{Code: 1})
		}
		synctest.Wait()
	}
	if w.r.IntN(2) == 0 {
		w.s.watcher.connect(w.s.trace)
	}
}

func (w *edited) end(i *Info, e process.Exit) {
	if i.Pid != 0 && w.s.kernel.pids[i.Process] == i.Pid {
		w.s.kernel.exit(i.Pid, e)
	}
}

func (w *edited) pick(words ...string) string { return words[w.r.IntN(len(words))] }

// addProgram adds a section.
func (w *edited) addProgram() {
	kind := w.pick("program", "program", "program", "eventlistener", "fcgi-program")
	name := kind + ":" + w.pick("a", "b", "c", "d", "e", "f")
	for have := range w.sections {
		if _, own, _ := strings.Cut(have, ":"); "x:"+own == "x:"+strings.SplitN(name, ":", 2)[1] {
			return
		}
	}
	s := map[string]string{"command": "/bin/sh", "stdout_logfile": "NONE", "stderr_logfile": "NONE"}
	switch kind {
	case "eventlistener":
		s["events"] = "TICK_3600"
	case "fcgi-program":
		s["socket"] = "unix:///run/x.sock"
	}
	w.sections[name] = s
	for range w.r.IntN(5) {
		w.set(name)
	}
}

// values are what keys are set to; those without any are removed or have a value of their
// own below.
var values = map[string][]string{
	"command": {"/bin/sh", "/bin/sh -c x", "/bin/cat"}, "directory": {"/", "/tmp"}, "umask": {"022", "077"}, "environment": {"A=1", "A=2", "B=1"},
	"autostart": {"true", "false"}, "autorestart": {"true", "false", "unexpected"}, "exitcodes": {"0", "0,1"}, "startsecs": {"0", "1", "3"},
	"startretries": {"0", "1", "5"}, "stopsignal": {"TERM", "INT"}, "stopwaitsecs": {"1", "10"}, "priority": {"1", "5", "999"},
	"numprocs": {"1", "2", "3"}, "stdout_logfile": {"NONE", "AUTO", "/nowhere/x"}, "stdout_logfile_maxbytes": {"1MB", "0"},
	"stdout_events_enabled": {"true", "false"}, "stdout_capture_maxbytes": {"0", "1KB"}, "redirect_stderr": {"true", "false"},
	"health": {"tcp:localhost:1", "tcp:localhost:2"}, "health_interval": {"1h", "2h"}, "backoff_delay": {"1s", "5s"}, "start_limit": {"50/1s"},
	"oneshot": {"true", "false"}, "on_dependency": {"keep", "restart", "stop"}, "depends_on": nil, "events": {"TICK_3600", "PROCESS_GROUP"},
	"buffer_size": {"5", "20"}, "socket": {"unix:///run/x.sock", "unix:///run/y.sock"}, "socket_mode": {"0700", "0777"},
	"listen":           {"unix:/run/%(program_name)s1", "unix:/run/%(program_name)s1,unix:/run/%(program_name)s2", "unix:/run/moves", "unix:/run/%(program_name)s%(process_num)d"},
	"start_on_connect": {"true", "false"}, "listen_mode": {"0700", "0777"}, "idle_timeout": {"5s", "1h"}, "listen_style": {"systemd", "fcgi"},
	"payload_length": {"bytes", "characters"}, "result_handler": {config.DefaultHandler},
}

// set gives a section another value of a random key, or takes the key away.
func (w *edited) set(section string) {
	kind, own, _ := strings.Cut(section, ":")
	s := maps.Clone(w.sections[section])
	w.sections[section] = s
	key := w.pick(slices.Sorted(maps.Keys(values))...)
	needs := map[string]string{
		"events": "eventlistener", "buffer_size": "eventlistener", "payload_length": "eventlistener", "result_handler": "eventlistener",
		"socket": "fcgi-program", "socket_mode": "fcgi-program", "listen": "program", "listen_mode": "program", "listen_style": "program",
		"start_on_connect": "program", "idle_timeout": "program",
	}
	switch {
	case needs[key] != "" && needs[key] != kind, kind == "group":
	case key == "depends_on":
		var others []string
		for name := range w.sections {
			if k, other, _ := strings.Cut(name, ":"); k != "group" && other < own {
				others = append(others, other)
			}
		}
		delete(s, "depends_on")
		delete(s, "on_dependency")
		if len(others) > 0 && w.r.IntN(3) > 0 {
			s["depends_on"] = w.pick(slices.Sorted(slices.Values(others))...)
			s["on_dependency"] = w.pick(values["on_dependency"]...)
		}
	case key == "on_dependency" && s["depends_on"] == "":
	case (key == "listen_mode" || key == "listen_style" || key == "start_on_connect") && s["listen"] == "", key == "idle_timeout" && s["start_on_connect"] != "true":
	case key == "numprocs":
		s["numprocs"], s["process_name"] = w.pick(values[key]...), "%(program_name)s_%(process_num)d"
	case w.r.IntN(5) == 0 && !slices.Contains([]string{"command", "events", "socket"}, key):
		delete(s, key)
	default:
		s[key] = w.pick(values[key]...)
	}
}

// edit changes the configuration.
func (w *edited) edit() {
	names := slices.Sorted(maps.Keys(w.sections))
	switch name := w.pick(append(names, "none")...); w.r.IntN(12) {
	case 0:
		w.addProgram()
	case 1:
		delete(w.sections, name)
	case 2:
		_, own, _ := strings.Cut(name, ":")
		if strings.HasPrefix(name, "program:") {
			w.sections["group:all"] = map[string]string{"programs": own, "priority": w.pick("1", "9")}
		}
	case 3:
		if own, ok := strings.CutPrefix(name, "program:"); ok {
			delete(w.sections, name)
			s := maps.Clone(map[string]string{"command": "/bin/sh", "stdout_logfile": "NONE", "stderr_logfile": "NONE", "events": "TICK_3600"})
			w.sections["eventlistener:"+own] = s
		}
	default:
		if w.sections[name] != nil {
			w.set(name)
		}
	}
}

// write writes the file, and reports whether it can be read.
func (w *edited) write() bool {
	var b strings.Builder
	fmt.Fprintf(&b, "[supervisord]\nchildlogdir=%s\n", w.dir)
	for _, name := range slices.Sorted(maps.Keys(w.sections)) {
		fmt.Fprintf(&b, "[%s]\n", name)
		for _, key := range slices.Sorted(maps.Keys(w.sections[name])) {
			fmt.Fprintf(&b, "%s=%s\n", key, w.sections[name][key])
		}
	}
	if err := os.WriteFile(w.file, []byte(b.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	_, err := config.NewLoader(w.file).Load()
	return err == nil
}

// compare updates, and compares what the plan says with what has happened.
func (w *edited) compare() {
	ctx, u := context.Background(), UpdaterOf(w.s.sup)
	w.obey()
	before := w.infos()
	said, err := u.Plan(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	w.s.trace.take()
	done, err := u.Update(ctx)
	if err != nil {
		if f, ok := errors.AsType[*FailedError](err); ok {
			w.t.Log(f) // files that can't be made
			return
		}
		w.t.Fatal(err)
	}
	if planned(said, nil) != planned(done, nil) {
		w.t.Errorf("the plan was\n%s\nwhat was done is\n%s", planned(said, nil), planned(done, nil))
	}
	time.Sleep(10 * time.Second)
	after := w.infos()
	for _, e := range done {
		n := Name{e.Group, e.Process}
		if problem := verdict(&e, before[n], after[n]); problem != "" {
			w.t.Errorf("%s: %s %s: %s\nbefore %v\nafter %v", n, e.Action, e.Reason, problem, shown(before[n]), shown(after[n]))
		}
		delete(after, n)
	}
	for n := range after {
		w.t.Errorf("%s is not in the plan", n)
	}
	if again, err := u.Plan(ctx); err != nil || again.Changes() {
		w.t.Errorf("after the update the plan is not empty: %s", planned(again, err))
	}
	if c, err := w.s.sup.Reread(ctx); err != nil || len(c.Added)+len(c.Changed)+len(c.Removed) > 0 {
		w.t.Errorf("after the update a reread finds %+v, %v", c, err)
	}
	w.sockets()
	if w.t.Failed() {
		text, _ := os.ReadFile(w.file)
		w.t.Logf("%s\n%s\n%s", planned(done, nil), text, w.s.trace.take())
	}
}

// sockets compares the sockets of listen= that are held with those that the processes listen at.
func (w *edited) sockets() {
	w.t.Helper()
	want := map[string]bool{}
	for c := range w.s.sup.loop.groups.each() {
		for _, s := range c.config.Listen.Sockets {
			want[s.URL()] = true
		}
	}
	for url, open := range w.s.trace.sockets() {
		if fastCGI := strings.Contains(url, "//"); open != want[url] && !fastCGI {
			w.t.Errorf("%s is held: %v, it should be: %v", url, open, want[url])
		}
		delete(want, url)
	}
	for url := range want {
		w.t.Errorf("%s was never opened", url)
	}
}

func (w *edited) infos() map[Name]*Info {
	infos, err := w.s.sup.AllInfo(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[Name]*Info{}
	for _, i := range infos {
		all[i.Name] = i
	}
	return all
}

// verdict returns what is wrong with what has happened to a process; empty: nothing. One
// that waits for another, or for its next try, may start, or stay without a child.
func verdict(e *PlanEntry, before, after *Info) string {
	switch {
	case e.Action == plan.Add && (before != nil || after == nil), e.Action == plan.Remove && (before == nil || after != nil),
		e.Action != plan.Add && before == nil, e.Action != plan.Remove && after == nil:
		return "it is there, or is not"
	case e.Action == plan.Add:
		if _, is := e.Config(); is.Autostart != (after.Pid != 0) && after.Waiting == "" && after.State != process.Exited {
			return "whether it runs is not as autostart says"
		}
	case e.Action == plan.Remove:
	case e.Action == plan.Restart:
		if after.Pid == before.Pid && after.Waiting == "" || after.Pid == 0 && after.Waiting == "" {
			return "it was not restarted"
		}
	case e.Action == plan.Start:
		if before.Pid != 0 || after.Pid == 0 && after.Waiting == "" {
			return "it was not started"
		}
	case e.Action == plan.Stop:
		if after.Pid != 0 || after.State != process.Stopped {
			return "it was not stopped"
		}
	case before.Pid != after.Pid && before.Waiting == "" && before.NextAttempt.IsZero():
		return "its pid has changed"
	}
	return ""
}

func shown(i *Info) string {
	if i == nil {
		return "not there"
	}
	return fmt.Sprintf("%s pid %d, waiting for %q, next %v, reason %s", i.State, i.Pid, i.Waiting, i.NextAttempt, i.Reason)
}
