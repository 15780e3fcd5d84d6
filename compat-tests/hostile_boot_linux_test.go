package compat

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestHostileExitWhileBooting sends SIGTERM while the daemon starts, at various moments:
// it ends, with status 0 once it handles signals, and leaves neither programs nor files.
func TestHostileExitWhileBooting(t *testing.T) {
	in := hostile(t, "[program:web]\ncommand=/bin/sleep 600\nprocess_name=%(process_num)02d\nnumprocs=30\n")
	early, met := 0, map[bool]int{}
	for i := range 40 {
		remove(in.path("supervisord.log"))
		cmd := in.command(in.prog.daemon, "-n", "-c", in.path("supervisord.conf"))
		in.must(cmd.Start())
		exited := make(chan struct{})
		go func() { _ = cmd.Wait(); close(exited) }()
		in.cmd, in.exited = cmd, exited
		// What varies is the stage that the signal meets, not the time.
		<-time.After(time.Duration(i) * time.Millisecond)
		in.signal(syscall.SIGTERM)
		in.await("the end", func() bool { return !in.running() })
		log := in.read("supervisord.log")
		if st := cmd.ProcessState.Sys().(syscall.WaitStatus); st.Signaled() && st.Signal() == syscall.SIGTERM && log == "" {
			early++ // before the first thing that would have to be undone
		} else if !st.Exited() || st.ExitStatus() != 0 {
			t.Errorf("after %d ms: %s\n%s", i, exitText(cmd), log)
		}
		met[strings.Contains(log, "spawned: ")]++
		for _, name := range []string{"supervisord.pid", "s.sock"} {
			if fileExists(in.path(name)) {
				t.Errorf("after %d ms: %s is left\n%s", i, name, log)
			}
		}
		in.await("the end of all programs", func() bool { return !in.has0("/proc/*/environ", "HOME="+in.dir+"\x00") })
	}
	t.Logf("%d before signals are handled, %d before the first program, %d after it", early, met[false], met[true])
}

// TestHostileExitWhileRereading sends SIGTERM while a reread hangs, because the
// configuration does.
func TestHostileExitWhileRereading(t *testing.T) {
	in := hostile(t, twoPrograms)
	in.mustStart()
	in.pidOf("web")
	conf := in.path("supervisord.conf")
	in.must(os.Remove(conf))
	in.must(syscall.Mkfifo(conf, 0o600))
	reread := make(chan error, 1)
	go func() { _, err := in.call("supervisor.reloadConfig"); reread <- err }()
	var writer *os.File
	in.await("somebody who reads the configuration", func() (ok bool) {
		var err error
		writer, err = os.OpenFile(conf, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		return err == nil
	})
	defer writer.Close()
	in.served()
	in.signal(syscall.SIGTERM)
	in.wantCleanEnd()
	if err := <-reread; err == nil {
		t.Error("the reread that did not end has an answer")
	}
}
