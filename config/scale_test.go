package config_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reeve/config"
)

// loadScaled loads text as s.conf, scaled.
func loadScaled(t *testing.T, text string, scales ...config.Scale) *config.Config {
	t.Helper()
	dir := write(t, map[string]string{"s.conf": "[supervisord]\n" + text})
	cfg, err := (&config.Loader{Path: filepath.Join(dir, "s.conf")}).Load(scales...)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func names(g *config.Group) (all []string) {
	for _, p := range g.Processes {
		all = append(all, p.Name)
	}
	return all
}

const workers = "[program:w]\ncommand=x %(process_num)d\nprocess_name=w%(process_num)02d\nnumprocs=2\nnumprocs_start=8\n"

func TestScale(t *testing.T) {
	for _, c := range []struct {
		text   string
		scale  config.Scale
		names  string
		reason string
	}{
		{workers, config.Scale{Group: "w", Program: "w", Count: 4, NumProcs: 2}, "w08 w09 w10 w11", ""},
		{workers, config.Scale{Group: "w", Program: "w", Count: 1, NumProcs: 2}, "w08", ""},
		{workers, config.Scale{Group: "w", Program: "w", Count: 4, NumProcs: 3}, "w08 w09", "numprocs is no longer 3, but 2"},
		{workers, config.Scale{Group: "w", Program: "w", Count: 4, NumProcs: 3, Asked: true}, "w08 w09 w10 w11", ""},
		{workers, config.Scale{Group: "v", Program: "w", Count: 4, NumProcs: 2}, "w08 w09", ""},
		{workers, config.Scale{Group: "w", Program: "w", Count: 0, Asked: true}, "w08 w09", "0 is not from 1 (numprocs_min) to 100000 (numprocs_max)"},
		{workers + "numprocs_max=3", config.Scale{Group: "w", Program: "w", Count: 4, Asked: true}, "w08 w09", "4 is not from 1 (numprocs_min) to 3 (numprocs_max)"},
		{workers + "numprocs_min=2", config.Scale{Group: "w", Program: "w", Count: 1, NumProcs: 2}, "w08 w09", "1 is not from 2 (numprocs_min) to 100000 (numprocs_max)"},
		{workers + "environment=N=\"%(numprocs)d\"", config.Scale{Group: "w", Program: "w", Count: 4, Asked: true}, "w08 w09", "its environment depends on %(numprocs)d"},
		{"[program:w]\ncommand=x", config.Scale{Group: "w", Program: "w", Count: 2, Asked: true}, "w", "its process_name has no %(process_num)d"},
		{"[group:g]\nprograms=w\n" + workers, config.Scale{Group: "g", Program: "w", Count: 3, NumProcs: 2}, "w08 w09 w10", ""},
		{strings.Replace(workers, "program:", "eventlistener:", 1) + "events=TICK", config.Scale{Group: "w", Program: "w", Count: 3, NumProcs: 2}, "w08 w09 w10", ""},
		{strings.Replace(workers, "program:", "fcgi-program:", 1) + "socket=tcp://localhost:1", config.Scale{Group: "w", Program: "w", Count: 3, NumProcs: 2}, "w08 w09 w10", ""},
	} {
		cfg := loadScaled(t, c.text, c.scale)
		if got := strings.Join(names(cfg.Groups[0]), " "); got != c.names {
			t.Errorf("%+v: %s, want %s", c.scale, got, c.names)
		}
		switch {
		case c.reason != "":
			if len(cfg.Unscaled) != 1 || cfg.Unscaled[0].Reason != c.reason || len(cfg.Scaled) != 0 {
				t.Errorf("%+v: %+v, want %q", c.scale, cfg.Unscaled, c.reason)
			}
		case c.scale.Group == cfg.Groups[0].Name:
			want := c.scale
			want.NumProcs, want.Asked = 2, false
			if !slices.Equal(cfg.Scaled, []config.Scale{want}) || cfg.Unscaled != nil {
				t.Errorf("%+v: scaled %+v, unscaled %+v", c.scale, cfg.Scaled, cfg.Unscaled)
			}
		}
	}
}

// TestScaledIsTheSame: the processes that a scaled program had before are as they were.
func TestScaledIsTheSame(t *testing.T) {
	before, after := loadScaled(t, workers), loadScaled(t, workers, config.Scale{Group: "w", Program: "w", Count: 5, Asked: true})
	before.Groups[0].Processes = before.Groups[0].Processes[:2]
	after.Groups[0].Processes = after.Groups[0].Processes[:2]
	if _, changed, _ := config.Diff(before.Groups, after.Groups); changed != nil {
		t.Error("they differ")
	}
}

func TestScaleRange(t *testing.T) {
	for given, want := range map[string]string{
		"numprocs_min=2\nnumprocs_max=2": "",
		"numprocs_min=3":                 "numprocs (2) is not from 3 (numprocs_min) to 100000 (numprocs_max) in section 'program:w' (file: 'DIR/s.conf')",
		"numprocs_max=1":                 "numprocs (2) is not from 1 (numprocs_min) to 1 (numprocs_max) in section 'program:w' (file: 'DIR/s.conf')",
		"numprocs_min=3\nnumprocs_max=2": "numprocs_min (3) is above numprocs_max (2) in section 'program:w' (file: 'DIR/s.conf')",
		"numprocs_min=0":                 "invalid numprocs_min value '0', not a number from 1 to 100000, in section 'program:w' (file: 'DIR/s.conf')",
		"numprocs_max=many":              "invalid numprocs_max value 'many', not a number from 1 to 100000, in section 'program:w' (file: 'DIR/s.conf')",
		"keep_stopped=maybe":             "invalid keep_stopped value: not a valid boolean value: 'maybe', in section 'program:w' (file: 'DIR/s.conf')",
	} {
		_, err := load(t, "[supervisord]\n"+workers+given)
		if got := relative(err); got != want {
			t.Errorf("%s: %q, want %q", given, got, want)
		}
	}
}

func TestReshaped(t *testing.T) {
	const two = "[group:g]\nprograms=v,w\n[program:v]\ncommand=y\n" + workers
	active := loadScaled(t, two).Groups[0]
	ask := config.Scale{Group: "g", Program: "w", Count: 3, Asked: true}
	next, ok := config.Reshaped(active, loadScaled(t, two, ask).Groups[0], "w")
	if !ok || strings.Join(names(next), " ") != "v w08 w09 w10" || next.Processes[1] != active.Processes[1] {
		t.Errorf("%v, %v", names(next), ok)
	}
	back, ok := config.Reshaped(next, active, "w")
	if !ok || strings.Join(names(back), " ") != "v w08 w09" {
		t.Errorf("back: %v, %v", names(back), ok)
	}
	for what, changed := range map[string]string{
		"another program is there":   strings.Replace(two, "v,w", "v,w,u", 1) + "[program:u]\ncommand=z",
		"another program is gone":    strings.Replace(two, "v,w", "w", 1),
		"another program is changed": strings.Replace(two, "=y", "=z", 1),
		"the program is changed":     strings.Replace(two, "=x", "=z", 1),
		"the priority is changed":    strings.Replace(two, "v,w", "v,w\npriority=3", 1),
	} {
		if _, ok := config.Reshaped(active, loadScaled(t, changed, ask).Groups[0], "w"); ok {
			t.Errorf("%s: not noticed", what)
		}
	}
}

func TestStatePath(t *testing.T) {
	for text, want := range map[string]string{
		"pidfile=/run/s.pid\n":                    "/run/s.state",
		"pidfile=/run/pid\n":                      "/run/pid.state",
		"pidfile=/run/s.pid\nstate_file=/var/s\n": "/var/s",
	} {
		if got := loadScaled(t, text).Supervisord.StatePath(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
