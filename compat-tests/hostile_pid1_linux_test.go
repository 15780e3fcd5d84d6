package compat

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

// mustStartFirst starts the daemon as the first process of a PID namespace.
func (in *instance) mustStartFirst() {
	in.t.Helper()
	cmd := in.command(ours.daemon, "-n", "-c", in.path("supervisord.conf"))
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID
	if err := cmd.Start(); errors.Is(err, os.ErrPermission) {
		in.t.Skip("no new PID namespace to be had here: ", err)
	} else if err != nil {
		in.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	in.cmd, in.exited, in.pids = cmd, exited, append(in.pids, cmd.Process.Pid)
}

// As PID 1 of a container the daemon inherits the orphans of its programs, and reaps them
// (fact 124, unknown pids).
func TestFirstProcessReapsOrphans(t *testing.T) {
	in := hostile(t, "[program:parent]\ncommand=/bin/sh -c \"(true &); (true &); (true &); exec cat\"\n")
	in.mustStartFirst()
	in.await("the pidfile of PID 1", func() bool { return in.read("supervisord.pid") == "1\n" })
	in.await("the end of three orphans", func() bool { return strings.Count(in.read("supervisord.log"), "reaped unknown pid") == 3 })
	in.served()
	if v, err := in.call("supervisor.getProcessInfo", "parent"); err != nil || v.member("statename").text == "EXITED" {
		t.Errorf("the parent: %v, %v", v, err)
	}
	in.stopDaemon()
}
