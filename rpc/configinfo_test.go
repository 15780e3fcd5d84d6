package rpc_test

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"reeve/config"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// someConfigs returns one process with every setting and one with few.
func someConfigs() []supervisor.ConfigInfo {
	umask := 0o22
	g := &config.Group{Name: "g", Priority: 5}
	return []supervisor.ConfigInfo{
		{
			Group: g, InUse: true, StdoutLogfile: "/out", StderrLogfile: "auto",
			Process: &config.Process{
				Name: "z", Command: "/bin/cat <x>", Directory: "/tmp", Umask: &umask, User: &config.User{UID: 7}, Priority: 3,
				Policy: process.Policy{
					Autostart: true, Autorestart: process.AutorestartAlways, StartFor: 2 * time.Second, StartRetries: 4, StopSignal: process.StopBy(15),
					StopWait: 11 * time.Second, KillAsGroup: true, ExitCodes: []int{0, 2},
				},
				RedirectStderr: true, ServerURL: new("http://x"),
				Stdout: config.LogConfig{File: "/out", MaxBytes: 1 << 32, Backups: 2, CaptureMaxBytes: 9, Events: true},
				Stderr: config.LogConfig{Auto: true, Syslog: true},
			},
		},
		{
			Group: g, StdoutLogfile: "none", StderrLogfile: "none",
			Process: &config.Process{Name: "a", Policy: process.Policy{Autorestart: process.AutorestartUnexpected}},
		},
	}
}

func Test251ConfigInfo(t *testing.T) {
	t.Attr("checklist", "10A.2")
	f := newFake()
	f.configs = someConfigs()
	want := "<value><array><data>\n" +
		wire("autostart", false, "autorestart", "unexpected", "directory", "none", "uid", "none", "command", "", "exitcodes", []any{},
			"group", "g", "group_prio", 5, "inuse", false, "killasgroup", false, "name", "a", "process_prio", 0, "redirect_stderr", false,
			"startretries", 0, "startsecs", 0, "stdout_capture_maxbytes", 0, "stdout_events_enabled", false, "stdout_logfile", "none",
			"stdout_logfile_backups", 0, "stdout_logfile_maxbytes", 0, "stdout_syslog", false, "stopsignal", 0, "stopwaitsecs", 0,
			"stderr_capture_maxbytes", 0, "stderr_events_enabled", false, "stderr_logfile", "none", "stderr_logfile_backups", 0,
			"stderr_logfile_maxbytes", 0, "stderr_syslog", false, "serverurl", "none") +
		wire("autostart", true, "autorestart", true, "directory", "/tmp", "uid", 7, "command", "/bin/cat <x>", "exitcodes", []any{0, 2},
			"group", "g", "group_prio", 5, "inuse", true, "killasgroup", true, "name", "z", "process_prio", 3, "redirect_stderr", true,
			"startretries", 4, "startsecs", 2, "stdout_capture_maxbytes", 9, "stdout_events_enabled", true, "stdout_logfile", "/out",
			"stdout_logfile_backups", 2, "stdout_logfile_maxbytes", 1<<32, "stdout_syslog", false, "stopsignal", 15, "stopwaitsecs", 11,
			"stderr_capture_maxbytes", 0, "stderr_events_enabled", false, "stderr_logfile", "auto", "stderr_logfile_backups", 0,
			"stderr_logfile_maxbytes", 0, "stderr_syslog", true, "serverurl", "http://x") +
		"</data></array></value>\n"
	if got := encoded(t, serve(f), "supervisor.getAllConfigInfo"); got != want {
		t.Errorf("getAllConfigInfo:\n%s\nwant:\n%s", got, want)
	}
	if f.configs[0].Process.Name != "z" {
		t.Error("the supervisor's list was sorted in place")
	}
}

// The oracle's configuration, read by reeve, gives the same infos, except for
// autorestart, which is newer.
func TestConfigInfoLikeOracle(t *testing.T) {
	o := startOracle(t)
	// From then on the oracle reports AUTO logs as auto.
	if _, err := o.call(t, "supervisor.reloadConfig"); err != nil {
		t.Fatal(err)
	}
	want, err := o.call(t, "supervisor.getAllConfigInfo")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.NewLoader(filepath.Join(o.dir, "conf")).Load()
	if err != nil {
		t.Fatal(err)
	}
	f := newFake()
	for _, g := range cfg.Groups {
		for _, p := range g.Processes {
			shown := func(c config.LogConfig) string {
				switch {
				case c.Auto:
					return "auto"
				case c.File == "" && !c.Empty:
					return "none"
				}
				return c.File
			}
			f.configs = append(f.configs, supervisor.ConfigInfo{
				Group: g, Process: p, InUse: true, StdoutLogfile: shown(p.Stdout), StderrLogfile: shown(p.Stderr),
			})
		}
	}
	value, err := serve(f).Do(t.Context(), "supervisor.getAllConfigInfo")
	if err != nil {
		t.Fatal(err)
	}
	got := parse(t, xmlrpc.AppendReply(nil, value)).([]any)
	for _, info := range got {
		delete(info.(map[string]any), "autorestart")
	}
	if !reflect.DeepEqual(any(got), want) {
		t.Errorf("getAllConfigInfo = %v\nupstream's %v", got, want)
	}
}

// startretries=unlimited has to fit the ints of clients.
func TestUnlimitedRetries(t *testing.T) {
	f := newFake()
	f.configs = someConfigs()[1:]
	f.configs[0].Process.StartRetries = process.Unlimited
	if got := encoded(t, serve(f), "supervisor.getAllConfigInfo"); !strings.Contains(got, "<int>2147483647</int>") {
		t.Errorf("getAllConfigInfo shows %s", got)
	}
}
