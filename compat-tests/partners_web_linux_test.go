package compat

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
)

// Masters with workers. When a worker is killed its master replaces it, and the program
// goes on; when all are killed the program is started again.

// loses kills a worker, then all processes of a program, and then stops it.
func (in *instance) loses(p partner) {
	in.t.Helper()
	pid := in.pidOf(p.name)
	in.await("a worker", func() bool { return len(family(pid)) > 1 })
	workers := family(pid)[1:]
	slay(workers...)
	in.await("other workers", func() bool {
		now := family(pid)[1:]
		return len(now) > 0 && !slices.ContainsFunc(now, func(w int) bool { return slices.Contains(workers, w) })
	})
	in.await("answers of the other workers", func() bool { return p.answers(in) == nil })
	if now := in.pidOf(p.name); now != pid {
		in.t.Errorf("a worker was killed, and the program restarted\n%s", in.read("supervisord.log"))
	}
	slay(family(pid)...)
	in.awaitLog("exited: " + p.name + " (terminated by SIGKILL; not expected)")
	in.awaitAnother(p.name, pid)
	in.must(p.answers(in))
	in.stopPartner(p.name)
}

func TestHaproxy(t *testing.T) {
	p := partner{
		name: "haproxy",
		config: fmt.Sprintf(`
[program:haproxy]
command=%s -Ws -f {{.Dir}}/haproxy.cfg
ready=notify
health=http://127.0.0.1:{{.Port}}/
health_interval=100ms
health_retries=30
autostart=false
`, installed(t, "haproxy")),
		files: map[string]string{"haproxy.cfg": `
defaults
 mode http
 timeout client 5s
 timeout server 5s
 timeout connect 5s
frontend f
 bind 127.0.0.1:{{.Port}}
 http-request return status 200 content-type text/plain string ok
`},
		answers: gets("http://127.0.0.1:{{.Port}}/"),
	}
	in := withPartner(t, p)
	in.awaitLog("healthy: haproxy")
	// A reload: it says RELOADING=1, MAINPID, and READY=1, and there is another worker.
	pid := in.pidOf("haproxy")
	before := family(pid)
	if _, err := in.call("supervisor.signalProcess", "haproxy", "USR2"); err != nil {
		t.Fatal(err)
	}
	in.await("another worker", func() bool {
		if s := in.state("haproxy"); s != "RUNNING" {
			t.Fatalf("it is %s while it reloads", s)
		}
		now := family(pid)
		return len(now) == 2 && !slices.Contains(before, now[1])
	})
	in.must(p.answers(in))
	if now := in.pidOf("haproxy"); now != pid || in.has("supervisord.log", "unhealthy", 1) {
		t.Errorf("pid %d, then %d\n%s", pid, now, in.read("supervisord.log"))
	}
	// Its master ends when a worker does, unless told otherwise.
	slay(family(pid)...)
	in.awaitLog("exited: haproxy (terminated by SIGKILL; not expected)")
	in.awaitAnother("haproxy", pid)
	in.must(p.answers(in))
	pid = in.pidOf("haproxy")
	slay(family(pid)[1:]...)
	in.awaitLog("exited: haproxy (exit status 137; not expected)")
	in.awaitAnother("haproxy", pid)
	in.must(p.answers(in))
	in.stopPartner("haproxy")
}

func TestPHP(t *testing.T) {
	user := ""
	if os.Getuid() == 0 {
		user = "user = nobody\ngroup = nogroup\n"
	}
	p := partner{
		name: "php-fpm",
		config: fmt.Sprintf(`
[program:php-fpm]
command=%s --nodaemonize --fpm-config {{.Dir}}/fpm.conf
ready=notify
health=unix:{{.Dir}}/fpm.sock
health_interval=100ms
autostart=false
`, installed(t, "php-fpm", "php-fpm[0-9]*")),
		files: map[string]string{"fpm.conf": `
[global]
error_log = {{.Dir}}/fpm.log
[www]
listen = {{.Dir}}/fpm.sock
pm = static
pm.max_children = 2
` + user},
		answers: dials("unix", "{{.Dir}}/fpm.sock"),
	}
	in := withPartner(t, p)
	in.awaitLog("healthy: php-fpm")
	in.loses(p)
}

func nginx(t *testing.T, keys string) partner {
	user := ""
	if os.Getuid() == 0 {
		user = "user nobody nogroup;\n"
	}
	return partner{
		name: "nginx",
		config: fmt.Sprintf(`
[program:nginx]
command=%s -e {{.Dir}}/nginx.log -c {{.Dir}}/nginx.conf -g "daemon off;"
ready=tcp:127.0.0.1:{{.Port}}
health=http://127.0.0.1:{{.Port}}/
health_interval=100ms
autostart=false
`, installed(t, "nginx")) + keys,
		files: map[string]string{"nginx.conf": user + `
pid {{.Dir}}/nginx.pid;
worker_processes 1;
events {}
http {
	access_log off;
	client_body_temp_path {{.Dir}}/tmp/body;
	proxy_temp_path {{.Dir}}/tmp/proxy;
	fastcgi_temp_path {{.Dir}}/tmp/fastcgi;
	uwsgi_temp_path {{.Dir}}/tmp/uwsgi;
	scgi_temp_path {{.Dir}}/tmp/scgi;
	server {
		listen 127.0.0.1:{{.Port}};
		location / {
			if (-f {{.Dir}}/broken) { return 503; }
			return 200;
		}
	}
}
`},
		answers: gets("http://127.0.0.1:{{.Port}}/"),
	}
}

func TestNginx(t *testing.T) {
	// It is RUNNING while the workers are replaced: several checks may fail meanwhile.
	p := nginx(t, "health_retries=30\n")
	in := withPartner(t, p)
	in.awaitLog("healthy: nginx")
	in.loses(p)
}

// A server that answers that it can't serve is restarted.
func TestNginxUnhealthy(t *testing.T) {
	p := nginx(t, "")
	in := withPartner(t, p)
	in.awaitLog("healthy: nginx")
	pid := in.pidOf("nginx")
	in.must(in.write("broken", ""))
	in.awaitLog(fmt.Sprintf("unhealthy: nginx (3 checks in a row failed, the last: http://127.0.0.1:%d/: 503 Service Temporarily Unavailable); it is restarted", in.port))
	in.must(os.Remove(in.path("broken")))
	in.awaitAnother("nginx", pid)
	in.must(p.answers(in))
	in.await("health after the restart", func() bool { return in.has("supervisord.log", " healthy: nginx", 2) })
	in.stopPartner("nginx")
}

// A worker that stands still: the master is alive, and the port accepts connections.
func TestNginxWorkerStandsStill(t *testing.T) {
	p := nginx(t, "health_timeout=2s\nhealth_retries=1\nhealth_action=signal:HUP\n")
	in := withPartner(t, p)
	in.awaitLog("healthy: nginx")
	pid := in.pidOf("nginx")
	for _, worker := range family(pid)[1:] {
		in.must(syscall.Kill(worker, syscall.SIGSTOP))
	}
	in.awaitLog("it is sent SIGHUP")
	// The reload makes another worker, which answers.
	in.await("health after the reload", func() bool { return in.has("supervisord.log", " healthy: nginx", 2) })
	if now := in.pidOf("nginx"); now != pid {
		t.Errorf("signal:HUP restarted it\n%s", in.read("supervisord.log"))
	}
	slay(family(pid)[1:]...) // the master waits for the worker that stands still
	in.await("other workers", func() bool { return p.answers(in) == nil })
	in.stopPartner("nginx")
}
