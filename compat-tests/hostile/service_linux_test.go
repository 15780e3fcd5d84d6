package main

import (
	"slices"
	"strings"
	"testing"
)

const service = `[Unit]
DefaultDependencies=no
[Service]
Type=simple
ExecStart=/mnt/supervisord -n -c /run/systemd/system/supervisord.conf
Restart=on-failure
RestartSec=100ms
StandardOutput=file:/run/out
StandardError=inherit
`

const serviceConf = `[unix_http_server]
file=/run/sock
[supervisorctl]
serverurl=unix:///run/sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile=/run/log
pidfile=/run/pid
childlogdir=/run
[program:web]
command=/bin/sleep 100001
startsecs=0
[program:deaf]
command=/bin/sh -c 'trap "" TERM; while :; do sleep 100002; done'
startsecs=0
stopwaitsecs=1
killasgroup=true
[program:leaves]
command=/bin/sh -c 'setsid sleep 100003 & exec sleep 100004'
startsecs=0
`

// TestServiceOfSystemd is supervisord as a service: killed, it is started again, and
// nothing runs twice; stopped, nothing of it stays, not even what left its session.
func TestServiceOfSystemd(t *testing.T) {
	s := startSystemd(t, map[string]string{"reeve.service": service, "supervisord.conf": serviceConf}, "reeve.service")
	running := func() bool {
		return strings.Count(s.run("supervisorctl", "-c", "/run/systemd/system/supervisord.conf", "status"), "RUNNING") == 3
	}
	sleeps := func() string {
		all := slices.DeleteFunc(s.others(), func(args string) bool {
			return !strings.Contains(args, "sleep 1") || strings.HasPrefix(args, "/bin/sh")
		})
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	const want = "/bin/sleep 100001, sleep 100002, sleep 100003, sleep 100004"
	s.await("three programs", running)
	s.await("what they start", func() bool { return sleeps() == want })

	// systemd would wait for it after the kill.
	s.run("supervisorctl", "-c", "/run/systemd/system/supervisord.conf", "stop", "deaf")
	before := s.property("reeve.service", "MainPID")
	s.run("kill", "-KILL", before)
	s.await("another daemon", func() bool {
		pid := s.property("reeve.service", "MainPID")
		return pid != before && pid != "0" && pid != ""
	})
	s.await("three programs of another daemon", running)
	s.await("each once", func() bool { return sleeps() == want })

	s.run("systemctl", "stop", "reeve.service")
	for name, want := range map[string]string{"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"} {
		if got := s.property("reeve.service", name); got != want {
			t.Errorf("after the stop %s is %q, want %q", name, got, want)
		}
	}
	if left := s.others(); len(left) > 0 {
		t.Errorf("after the stop there are still %q", left)
	}
}
