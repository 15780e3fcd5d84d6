package compat

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// With survive_crash the daemon has a parent, the keeper, whose pid is the one that others
// know (docs/crash.md). Files: keeper_linux_test.go (how the tests kill the daemon),
// keeper_load_… (everything at work), keeper_ends_… (the ends of programs, of the daemon
// and of the keeper), keeper_places_… (where it runs).

var keeperTimes = flag.Int("keeper.times", 5, "TestKeeperUnderLoad: how often the daemon is killed")

const survives = "survive_crash=true\n"

// kept returns an instance with a keeper. Other lines of section [supervisord] come first
// in config.
func kept(t *testing.T, config string) *instance {
	t.Helper()
	if _, err := os.Stat("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children"); err != nil {
		t.Skip("the kernel does not list children here: ", err)
	}
	in := hostile(t, "")
	text := in.read("supervisord.conf")
	text = strings.Replace(text, "[program:other]", in.expand.Replace(config)+"[program:other]", 1)
	in.must(in.write("supervisord.conf", text))
	return in
}

// childrenOf returns the pids of the children of a process.
func childrenOf(pid int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for field := range strings.FieldsSeq(string(text)) {
			pids = append(pids, atoi(field))
		}
	}
	return pids
}

// daemonOf returns the pid of the daemon of a keeper; 0: there is none.
func daemonOf(keeper int) int {
	own, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", keeper))
	for _, pid := range childrenOf(keeper) {
		text, e := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && e == nil && slices.Equal(text, own) {
			return pid
		}
	}
	return 0
}

// daemon returns the pid of the daemon, once there is one that serves.
func (in *instance) daemon() (pid int) {
	in.t.Helper()
	in.await("a daemon that answers", func() bool {
		pid = daemonOf(in.cmd.Process.Pid)
		_, err := in.call("supervisor.getState")
		return err == nil && pid != 0 && pid == daemonOf(in.cmd.Process.Pid)
	})
	return pid
}

// killDaemon kills the daemon, and waits until another one serves. The first call after the
// death is answered, by the one that follows.
func (in *instance) killDaemon() {
	in.t.Helper()
	old := in.daemon()
	in.must(syscall.Kill(old, syscall.SIGKILL))
	if _, err := in.call("supervisor.getState"); err != nil {
		in.t.Errorf("a call after the death of the daemon: %v\n%s", err, in.read("daemon.err"))
	}
	if next := in.daemon(); next == old {
		in.t.Fatal("the daemon was not killed")
	}
}

// settled lets the daemon serve for as long as makes its death not one at once.
func settled() { <-time.After(1100 * time.Millisecond) }

// runs returns, for each process, what the death of the daemon must not change.
func (in *instance) runs() map[string]string {
	in.t.Helper()
	list, err := in.call("supervisor.getAllProcessInfo")
	in.must(err)
	all := map[string]string{}
	for _, p := range list.items {
		all[p.member("name").text] = fmt.Sprintf("%s pid %s since %s, stopped %s", p.member("statename").text, p.member("pid").text,
			p.member("start").text, p.member("stop").text)
	}
	return all
}

// wantRuns compares with runs of before. Of those that change by themselves only the pid
// counts.
func (in *instance) wantRuns(before map[string]string, changing ...string) {
	in.t.Helper()
	now := in.runs()
	for name, was := range before {
		if now[name] != was && !slices.Contains(changing, name) {
			in.t.Errorf("%s was %s and is %s", name, was, now[name])
		}
	}
}

// deaths counts the deaths that were said.
func (in *instance) deaths() int {
	return strings.Count(in.read("supervisord.log"), "CRIT supervisord died suddenly (terminated by SIGKILL); another one goes on with")
}
