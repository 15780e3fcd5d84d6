package config_test

import (
	"fmt"
	"testing"

	"reeve/config"
)

func Test248Diff(t *testing.T) {
	const a = "[program:a]\ncommand=x\n"
	const l = "[eventlistener:l]\ncommand=x\nevents=TICK,PROCESS_STATE\n"
	const f = "[fcgi-program:f]\ncommand=x\nsocket=unix:///s\n"
	for _, c := range []struct{ name, active, read, want string }{
		{"nothing", a + l + f, a + l + f, "[] [] []"},
		{"added", a, a + "[program:0]\ncommand=x", "[0] [] []"},
		{"removed", a + l, a, "[] [] [l]"},
		{"a command", a, "[program:a]\ncommand=y", "[] [a] []"},
		{"a priority", a, a + "priority=1", "[] [a] []"},
		{"a default spelled out", a, a + "startsecs=1\nautostart=true", "[] [] []"},
		{"a umask spelled out", a, a + "umask=022", "[] [a] []"},
		{"a log from a file to AUTO", a + "stdout_logfile=/tmp/x", a + "stdout_logfile=AUTO", "[] [] []"},
		{"a log from an empty name to AUTO", a + "stdout_logfile=", a, "[] [] []"},
		{"a log from AUTO to a file", a, a + "stderr_logfile=/tmp/x", "[] [a] []"},
		{"a log from AUTO to none", a, a + "stderr_logfile=NONE", "[] [a] []"},
		{"a log from a file to NONE", a + "stdout_logfile=/tmp/x", a + "stdout_logfile=NONE", "[] [a] []"},
		{"the size of a log", a, a + "stdout_logfile_maxbytes=1", "[] [a] []"},
		{"the order of events", l, "[eventlistener:l]\ncommand=x\nevents=PROCESS_STATE,TICK", "[] [] []"},
		{"other events", l, "[eventlistener:l]\ncommand=x\nevents=TICK", "[] [l] []"},
		{"a buffer", l, l + "buffer_size=11", "[] [l] []"},
		{"what a length counts", l, l + "payload_length=bytes", "[] [l] []"},
		{"a socket", f, "[fcgi-program:f]\ncommand=x\nsocket=unix:///t", "[] [f] []"},
		{"10C 7 the mode of a socket", f, f + "socket_mode=0777", "[] [f] []"},
		{"the global environment", a, "environment=A=1\n" + a, "[] [a] []"},
		{"the order of an environment", a + "environment=A=1,B=2", a + "environment=B=2,A=1", "[] [] []"},
		{"another kind", a, "[fcgi-program:a]\ncommand=x\nsocket=unix:///s", "[] [a] []"},
		{"into a new group", a, a + "[group:g]\nprograms=a", "[g] [] [a]"},
		{"the members of a group", a + "[program:b]\ncommand=x\n[group:g]\nprograms=a,b", a + "[program:b]\ncommand=x\n[group:g]\nprograms=b,a", "[] [g] []"},
	} {
		t.Run(c.name, func(t *testing.T) {
			active, _, err := loadFiles(t, map[string]string{"s.conf": "[supervisord]\n" + c.active})
			if err != nil {
				t.Fatal(err)
			}
			read, _, err := loadFiles(t, map[string]string{"s.conf": "[supervisord]\n" + c.read})
			if err != nil {
				t.Fatal(err)
			}
			if got := diffText(active.Groups, read.Groups); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// diffText renders the result of Diff.
func diffText(active, read []*config.Group) string {
	added, changed, removed := config.Diff(active, read)
	return fmt.Sprint(added, changed, removed)
}
