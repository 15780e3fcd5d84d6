package compat

import (
	"io"
	"strings"
	"testing"
)

// The configuration of our counterparts of plug-ins, tested from the sections that name
// them to what users see. Only our side runs: the originals are not in Debian.
const pluginsConf = `
[inet_http_server]
port=127.0.0.1:{{.Port}}
[rpcinterface:twiddler]
supervisor.rpcinterface_factory = supervisor_twiddler.rpcinterface : make_twiddler_rpcinterface
[rpcinterface:cache]
supervisor.rpcinterface_factory = supervisor_cache.rpcinterface:make_cache_rpcinterface
[rpcinterface:laforge]
supervisor.rpcinterface_factory = mr.laforge.rpcinterface:make_laforge_rpcinterface
[ctlplugin:wildcards]
supervisor.ctl_factory = supervisorwildcards.controllerplugin:make_wildcards_controllerplugin
[ctlplugin:cache]
supervisor.ctl_factory = supervisor_cache.controllerplugin:make_cache_controllerplugin
[ctlplugin:laforge]
supervisor.ctl_factory = mr.laforge.controllerplugin:make_laforge_controllerplugin
[eventlistener:stdout]
command={{.Child}} listen {{.Dir}}/events payload …
events=PROCESS_LOG
result_handler=supervisor_stdout:event_handler
[group:late]
programs=
[program:web]
command={{.Child}} say 'hello\n\nworld\n' -e 'oh'
autostart=false
stdout_events_enabled=true
stderr_events_enabled=true
`

func TestPlugins(t *testing.T) {
	in := hostile(t, pluginsConf)
	in.mustStart()
	ctl := func(line, want string) {
		t.Helper()
		var w strings.Builder
		if err := stepCtl(in, &w, strings.Fields(line)); err != nil || w.String() != want {
			t.Errorf("%s: %v, printed %q, want %q", line, err, w.String(), want)
		}
	}
	rpc := func(line, want string) {
		t.Helper()
		var w strings.Builder
		if err := stepRPC(in, &w, strings.Fields(line)); err != nil || w.String() != want {
			t.Errorf("%s: %v, answered %q, want %q", line, err, w.String(), want)
		}
	}
	ctl("mstart w*", "web: started\nexit 0\n")
	in.await("the printed output", func() bool {
		out := in.read("daemon.out")
		return strings.Contains(out, "web stdout | hello\nweb stdout | \nweb stdout | world\n") && strings.Contains(out, "web stderr | oh\n")
	})
	rpc(`twiddler.addProgramToGroup late sleeper {"command":"/bin/cat","startsecs":"0","numprocs":2,"process_name":"s%(process_num)d"}`, "true\n")
	in.await("the start of what was added", func() bool { return in.state("late:s0") == "RUNNING" && in.state("late:s1") == "RUNNING" })
	rpc(`twiddler.addProgramToGroup late s0 {"command":"/bin/cat"}`, "fault 10 BAD_NAME: s0\n")
	rpc(`twiddler.addProgramToGroup late t {"command":"/bin/cat","priority":"high"}`, "fault 2 INCORRECT_PARAMETERS: "+
		"invalid literal for int() with base 10: 'high' in section 'program:t' (file: '"+in.path("supervisord.conf")+"')\n")
	rpc("twiddler.removeProcessFromGroup late s0", "fault 91 STILL_RUNNING: s0\n")
	ctl("mstop s[01]", "late:s0: stopped\nlate:s1: stopped\nexit 0\n")
	rpc("twiddler.removeProcessFromGroup late s0", "true\n")
	rpc("supervisor.startProcess late:s0", "fault 10 BAD_NAME: late:s0\n")
	rpc("twiddler.log twiddled warn", "true\n")
	in.await("the line in the log", func() bool { return strings.Contains(in.read("supervisord.log"), "WARN twiddled\n") })
	ctl("cache_store greeting hello", "exit 0\n")
	ctl("cache_fetch greeting", "'hello'\nexit 0\n")
	rpc("cache.getKeys", "[\"greeting\"]\n")
	resp, err := in.client(true).Post("http://localhost/RPC2", "text/xml",
		strings.NewReader("<methodCall><methodName>cache.getCount</methodName></methodCall>"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(reply), "<int>1</int>") {
		t.Errorf("the other server has another cache: %v, %s", err, reply)
	}
	ctl("kill CONT web late:s1", "web: signal sent\nlate:s1: ERROR (not running)\nexit 0\n")
	ctl("reread", "late: changed\nexit 0\n")
}
