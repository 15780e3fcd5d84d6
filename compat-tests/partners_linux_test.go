package compat

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The programs of the tests in partners_*_test.go are Debian's. Each says or shows in its
// own way that it is ready and healthy; each is killed, and has to answer again. Where one
// is not installed its tests are skipped.

// partner is a program with its configuration.
type partner struct {
	name   string
	config string // its section, with autostart=false
	files  map[string]string
	// answers does what a client of the program does.
	answers func(in *instance) error
}

// installed returns the path of a program, in the directories of root's PATH too.
func installed(t *testing.T, patterns ...string) string {
	t.Helper()
	for _, pattern := range patterns {
		for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/bin") {
			if found, err := filepath.Glob(filepath.Join(dir, pattern)); err == nil && len(found) > 0 {
				return found[0]
			}
		}
	}
	t.Skipf("%s is not installed", patterns[0])
	return ""
}

// withPartner starts the daemon and the program. A client of the program that comes at
// the moment at which the start is over is answered.
func withPartner(t *testing.T, p partner) *instance {
	t.Helper()
	in := hostile(t, p.config)
	for name, text := range p.files {
		in.must(in.write(name, in.expand.Replace(text)))
	}
	in.mustStart()
	if _, err := in.call("supervisor.startProcess", p.name); err != nil {
		t.Fatalf("%v: %s\n%s", err, in.spawnErr(p.name), in.output(p.name))
	}
	in.must(p.answers(in))
	in.awaitLog("ready: " + p.name + " after ")
	return in
}

// awaitAnother waits until a program is RUNNING with another child than before.
func (in *instance) awaitAnother(program string, before int) (pid int) {
	in.t.Helper()
	in.await("another "+program, func() bool {
		v, err := in.call("supervisor.getProcessInfo", program)
		pid = atoi(v.member("pid").text)
		return err == nil && v.member("statename").text == "RUNNING" && pid != before
	})
	return pid
}

// stopPartner stops the program and the daemon; no process of the program is left.
func (in *instance) stopPartner(program string) {
	in.t.Helper()
	processes := family(in.pidOf(program))
	if _, err := in.call("supervisor.stopProcess", program); err != nil {
		in.t.Fatal(err)
	}
	in.await("the end of all processes of "+program, func() bool { return !slices.ContainsFunc(processes, alive) })
	in.stopDaemon()
}

// family returns the processes that descend from a process, itself first.
func family(pid int) []int {
	all := []int{pid}
	stats, _ := filepath.Glob("/proc/[1-9]*/stat")
	for i := 0; i < len(all); i++ {
		for _, stat := range stats {
			text, _ := os.ReadFile(stat)
			_, rest, _ := strings.Cut(string(text), ") ")
			if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(all[i]) {
				all = append(all, atoi(filepath.Base(filepath.Dir(stat))))
			}
		}
	}
	return all
}

// slay kills processes, none of which sees that of another before its own.
func slay(pids ...int) {
	for _, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGKILL} {
		for _, pid := range pids {
			_ = syscall.Kill(pid, sig)
		}
	}
}

func dials(network, address string) func(in *instance) error {
	return func(in *instance) error {
		c, err := net.Dial(network, in.expand.Replace(address))
		if err == nil {
			c.Close()
		}
		return err
	}
}

func gets(url string) func(in *instance) error {
	return func(in *instance) error {
		c := http.Client{Timeout: in.limit()}
		defer c.CloseIdleConnections()
		resp, err := c.Get(in.expand.Replace(url))
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", url, resp.Status)
		}
		return nil
	}
}

func redis(t *testing.T, keys string) partner {
	server, client := installed(t, "redis-server"), installed(t, "redis-cli")
	return partner{
		name: "redis",
		config: fmt.Sprintf(`
[program:redis]
command=%s --supervised systemd --port 0 --unixsocket {{.Dir}}/redis.sock --save "" --dir {{.Dir}}
ready=notify
health=exec:%s -s {{.Dir}}/redis.sock ping
health_interval=100ms
stopwaitsecs=1
autostart=false
`, server, client) + keys,
		answers: dials("unix", "{{.Dir}}/redis.sock"),
	}
}

func TestRedis(t *testing.T) {
	p := redis(t, "")
	in := withPartner(t, p)
	in.awaitLog("healthy: redis")
	pid := in.pidOf("redis")
	slay(pid)
	in.awaitLog("exited: redis (terminated by SIGKILL; not expected)")
	in.awaitAnother("redis", pid)
	in.must(p.answers(in))
	in.await("health after the restart", func() bool { return in.has("supervisord.log", " healthy: redis", 2) })
	if in.has("supervisord.log", "unhealthy", 1) {
		t.Errorf("a dead program was called unhealthy:\n%s", in.read("supervisord.log"))
	}
	in.stopPartner("redis")
}

// A server that stands still accepts connections and answers nothing.
func TestRedisStandsStill(t *testing.T) {
	p := redis(t, "health_timeout=2s\nhealth_retries=2\n")
	in := withPartner(t, p)
	in.awaitLog("healthy: redis")
	pid := in.pidOf("redis")
	in.must(syscall.Kill(pid, syscall.SIGSTOP))
	in.awaitLog("unhealthy: redis (2 checks in a row failed, the last: exec:")
	in.awaitLog("not finished within 2s, killed); it is restarted")
	in.served()
	in.awaitAnother("redis", pid)
	in.must(p.answers(in))
	for _, never := range []string{"BACKOFF", "exited: redis"} {
		if in.has("supervisord.log", never, 1) {
			t.Errorf("%s: a restart for health is no failure\n%s", never, in.read("supervisord.log"))
		}
	}
	in.stopPartner("redis")
}
