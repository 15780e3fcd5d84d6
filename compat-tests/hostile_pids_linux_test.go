package compat

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// pidsGroup is a cgroup whose number of threads can be limited. It is of version 1, which
// is what machines let a test create.
type pidsGroup struct{ dir string }

// inPidsGroup makes the daemon start in a cgroup of its own, or skips the test.
func (in *instance) inPidsGroup() pidsGroup {
	in.t.Helper()
	dir, err := os.MkdirTemp("/sys/fs/cgroup/pids", "reeve-test")
	if err != nil {
		in.t.Skip("no group with a limit of threads can be made here: ", err)
	}
	g := pidsGroup{dir}
	in.t.Cleanup(func() { // what was started here has ended by then, or is about to
		in.close()
		if !in.poll(func() bool { return os.Remove(dir) == nil }) {
			in.t.Errorf("%s can't be removed", dir)
		}
	})
	if _, err := os.Stat(filepath.Join(dir, "pids.max")); err != nil {
		in.t.Skip("groups have no limit of threads here: ", err)
	}
	in.under = "echo $$ > " + dir + "/cgroup.procs"
	return g
}

func (g pidsGroup) limit(t *testing.T, most int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, "pids.max"), []byte(strconv.Itoa(most)), 0); err != nil {
		t.Fatal(err)
	}
}

func (g pidsGroup) current(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(g.dir, "pids.current"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// threads counts the daemon's threads.
func (in *instance) threads() int {
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", in.cmd.Process.Pid))
	return len(tasks)
}

// lives fails the test if the daemon has ended.
func (in *instance) lives() {
	in.t.Helper()
	if !in.running() {
		in.t.Fatalf("the daemon has ended: %s\n%.2000s", exitText(in.cmd), in.read("daemon.err"))
	}
}

// A program forks wildly up to the limit of a container, beside programs that flood their
// logs and 60 clients: the daemon goes on, and starts programs when the storm is over.
func TestHostileForkBomb(t *testing.T) {
	in := hostile(t, `[program:bomb]
command=/bin/sh -c 'f() { while [ -e {{.Dir}}/go ]; do f & f; done; }; f'
autostart=false
autorestart=unexpected
startsecs=0
killasgroup=true
stopasgroup=true
stdout_logfile=NONE
stderr_logfile=NONE
[program:flood]
command=/bin/sh -c 'read gate < {{.Dir}}/gate; while [ ! -e {{.Dir}}/calm ]; do echo a line to be logged; done; exec sleep 600'
process_name=%(process_num)d
numprocs=14
stdout_logfile_maxbytes=1MB
stdout_logfile_backups=1
[program:watchdog]
command=/bin/sh -c 'sleep 300; rm -f {{.Dir}}/go; : > {{.Dir}}/calm; kill $PPID'
autorestart=false
stopasgroup=true
`) // the watchdog ends the storm if nobody else does, because the test was killed
	g := in.inPidsGroup()
	if err := unix.Mkfifo(in.path("gate"), 0o600); err != nil {
		t.Fatal(err)
	}
	in.mustStart()
	in.await("the programs", func() bool { return in.has("supervisord.log", "entered RUNNING state", 15) })
	g.limit(t, g.current(t)+100)
	threads := in.threads()
	if err := in.write("go", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := in.call("supervisor.startProcess", "bomb"); err != nil {
		t.Fatal(err)
	}
	in.await("the limit", func() bool { return g.refused(t) > 30 })
	gate, err := os.OpenFile(in.path("gate"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	// The floods begin.
	if _, err := gate.WriteString(strings.Repeat("\n", 1000)); err != nil {
		t.Fatal(err)
	}
	answered := in.clients(60)
	in.await("answers", func() bool { in.lives(); return answered.Load() == 60 })
	if err := os.Remove(in.path("go")); err != nil {
		t.Fatal(err)
	}
	if err := in.write("calm", ""); err != nil {
		t.Fatal(err)
	}
	in.lives()
	if n := in.threads(); n > threads {
		t.Errorf("the daemon had %d threads before the storm and %d after it", threads, n)
	}
	in.await("a start after the storm", func() bool {
		_, err := in.call("supervisor.startProcess", "other")
		return err == nil || strings.Contains(err.Error(), "ALREADY_STARTED")
	})
	in.stopDaemon()
}

// clients starts n clients that request the infos of all processes a few times, all at
// once; it returns a count of those that have had all their answers.
func (in *instance) clients(n int) (answered *atomic.Int64) {
	answered = new(atomic.Int64)
	var clients sync.WaitGroup
	for range n {
		clients.Go(func() {
			for range 3 {
				for {
					if _, err := in.call("supervisor.getAllProcessInfo"); err == nil || !in.running() {
						break
					}
				}
			}
			answered.Add(1)
		})
	}
	in.t.Cleanup(clients.Wait)
	return answered
}

// refused returns how often the limit was reached.
func (g pidsGroup) refused(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(g.dir, "pids.events"))
	if err != nil {
		t.Skip("how often the limit is met is not counted here: ", err)
	}
	var n int
	if _, err := fmt.Sscanf(string(text), "max %d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// mustHave runs a program of the system and returns its output, or skips the test.
func mustHave(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Skipf("%s can't be had here: %v %s", name, err, out)
	}
	return strings.TrimSpace(string(out))
}
