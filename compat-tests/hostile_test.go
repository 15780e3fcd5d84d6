package compat

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// The tests in this file are about our daemon alone: something outside hangs, fills up or
// is slow, and meanwhile every other program and client is served; when the cause is gone
// the daemon carries on by itself (design: nothing outside stops the supervisor).

// hostile prepares an instance of our daemon whose configuration has, besides config, a
// program `other` that is to be served meanwhile.
func hostile(t *testing.T, config string) *instance {
	t.Helper()
	t.Parallel()
	if ours.why != "" {
		t.Skip(ours.why)
	}
	config = "{{.Base}}\n[program:other]\ncommand=/bin/cat\nautostart=false\nstartsecs=0\n" + config
	s := &script{name: t.Name(), archive: &txtar.Archive{Files: []txtar.File{{Name: "supervisord.conf", Data: []byte(config)}}}}
	in, err := newInstance(t, s, ours, ours)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func (in *instance) mustStart() {
	in.t.Helper()
	var w strings.Builder
	if err := stepStart(in, &w, nil); err != nil || w.Len() > 0 {
		in.t.Fatal(err, w.String())
	}
}

// served fails the test unless another program can be started and stopped, and all
// processes listed.
func (in *instance) served() {
	in.t.Helper()
	for _, call := range []struct {
		method string
		args   []any
	}{
		{"supervisor.startProcess", []any{"other"}},
		{"supervisor.getAllProcessInfo", nil},
		{"supervisor.stopProcess", []any{"other"}},
	} {
		if _, err := in.call(call.method, call.args...); err != nil {
			in.t.Fatalf("meanwhile %s: %v", call.method, err)
		}
	}
}

func (in *instance) await(what string, done func() bool) {
	in.t.Helper()
	if !in.poll(done) {
		in.t.Fatalf("%s did not come about\n%s", what, in.read("supervisord.log"))
	}
}

func (in *instance) awaitLog(text string) {
	in.t.Helper()
	in.await("a line with "+text, func() bool { return in.has("supervisord.log", text, 1) })
}

// spawnErr returns what status shows behind FATAL and BACKOFF.
func (in *instance) spawnErr(program string) string {
	v, _ := in.call("supervisor.getProcessInfo", program)
	return v.member("spawnerr").text
}

// output returns what a program has printed.
func (in *instance) output(program string) string {
	out, _ := in.call("supervisor.readProcessStdoutLog", program, 0, 0)
	more, _ := in.call("supervisor.readProcessStderrLog", program, 0, 0)
	return out.text + more.text
}

func (in *instance) must(err error) {
	in.t.Helper()
	if err != nil {
		in.t.Fatal(err)
	}
}

// A program's exec hangs in the kernel because somebody holds a write lease on its
// executable.
func TestHostileExecHangs(t *testing.T) {
	in := hostile(t, "[program:hang]\ncommand={{.Dir}}/hang 600\nautostart=false\nstartsecs=0\n")
	sleep, err := os.ReadFile("/bin/sleep")
	if err != nil {
		t.Skip("no /bin/sleep here: ", err)
	}
	if err := os.WriteFile(in.path("hang"), sleep, 0o755); err != nil {
		t.Fatal(err)
	}
	release, err := lease(in.path("hang"))
	if err != nil {
		t.Skip("no lease to be had here: ", err)
	}
	in.mustStart()
	// It has forked; the daemon does not wait for its exec.
	if _, err := in.call("supervisor.startProcess", "hang"); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		in.served()
	}
	if in.executes("hang") {
		t.Error("the exec did not hang: this test shows nothing")
	}
	release()
	in.await("the exec after the cause was gone", func() bool { return in.executes("hang") })
	in.stopDaemon()
}

// executes reports whether the child of a program is past its exec.
func (in *instance) executes(name string) bool {
	in.t.Helper()
	info, err := in.call("supervisor.getProcessInfo", name)
	if err != nil {
		in.t.Fatal(err)
	}
	args, _ := os.ReadFile("/proc/" + info.member("pid").text + "/cmdline")
	return strings.HasPrefix(string(args), in.path(name)+"\x00")
}

// A megabyte is sent to a child that does not read its stdin until much later.
func TestHostileStdinNotRead(t *testing.T) {
	in := hostile(t, `[program:deaf]
command=/bin/sh -c 'while [ ! -e {{.Dir}}/go ]; do sleep 0.05; done; head -c 1048576 | cksum > {{.Dir}}/sum'
startsecs=0
autorestart=false
`)
	in.mustStart()
	in.await("RUNNING", func() bool { return in.state("deaf") == "RUNNING" })
	text := strings.Repeat("0123456789abcde\n", 1<<20/16)
	if _, err := in.call("supervisor.sendProcessStdin", "deaf", text); err != nil {
		t.Fatal(err)
	}
	in.served()
	if err := in.write("go", ""); err != nil {
		t.Fatal(err)
	}
	in.await("the end of the program", func() bool { return in.state("deaf") == "EXITED" })
	if err := in.write("text", text); err != nil {
		t.Fatal(err)
	}
	want, err := in.command("/bin/sh", "-c", "cksum < text").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := in.read("sum"); got != string(want) {
		t.Errorf("the child read %q, want %q", got, want)
	}
}

// A log is on a device that is always full.
func TestHostileLogOnDevFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here: ", err)
	}
	in := hostile(t, `[program:chatty]
command=/bin/sh -c 'i=0; while [ $i -lt 2000 ]; do echo a line of some length to be written; i=$((i+1)); done; : > {{.Dir}}/done; exec sleep 600'
stdout_logfile=/dev/full
stdout_logfile_maxbytes=0
startsecs=0
`)
	in.mustStart()
	in.await("all output taken", func() bool { return in.has("done", "", 1) && fileExists(in.path("done")) })
	in.served()
	in.await("a line about it", func() bool { return in.has("supervisord.log", "/dev/full", 1) })
	if n := strings.Count(in.read("supervisord.log"), "/dev/full"); n != 1 {
		t.Errorf("the full log was mentioned %d times:\n%s", n, in.read("supervisord.log"))
	}
}

// A log is on a small file system that fills up, and later has room again.
func TestHostileLogOnFullDisk(t *testing.T) {
	in := hostile(t, `[program:chatty]
command=/bin/sh -c 'while read line; do echo $line; done'
stdout_logfile={{.Dir}}/small/log
stdout_logfile_maxbytes=0
startsecs=0
`)
	small := in.path("small")
	if err := os.Mkdir(small, 0o755); err != nil {
		t.Fatal(err)
	}
	unmount, err := mountSmall(small)
	if err != nil {
		t.Skip("no small file system to be had here: ", err)
	}
	t.Cleanup(unmount)
	in.mustStart()
	say := func(line string) {
		t.Helper()
		if _, err := in.call("supervisor.sendProcessStdin", "chatty", line+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	in.await("RUNNING", func() bool { return in.state("chatty") == "RUNNING" })
	say("before")
	in.await("the first line", func() bool { return in.has("small/log", "before\n", 1) })
	filler := filepath.Join(small, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	// The file system is smaller than this.
	_, _ = io.Copy(f, strings.NewReader(strings.Repeat("x", 1<<20)))
	f.Close()
	for i := range 200 {
		say(fmt.Sprintf("lost %d %s", i, strings.Repeat("y", 200)))
	}
	in.await("a line about it", func() bool { return in.has("supervisord.log", "no space left", 1) })
	in.served()
	if n := strings.Count(in.read("supervisord.log"), "no space left"); n != 1 {
		t.Errorf("the full disk was mentioned %d times:\n%s", n, in.read("supervisord.log"))
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	in.await("output after the disk had room again", func() bool {
		say("after")
		return in.has("small/log", "after\n", 1)
	})
	in.stopDaemon()
}

// Clients open a connection and are slow: nothing sent, half a head, a body byte by byte.
func TestHostileSlowClients(t *testing.T) {
	in := hostile(t, "")
	in.mustStart()
	const body = "<?xml version='1.0'?><methodCall><methodName>supervisor.getState</methodName></methodCall>"
	request := fmt.Sprintf("POST /RPC2 HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	for range 500 {
		c, err := in.dial(false)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte(request[:20])); err != nil {
			t.Fatal(err)
		}
	}
	c, err := in.dial(false)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range len(request) {
		if _, err := c.Write([]byte(request[i : i+1])); err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 {
			in.served()
		}
	}
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	if err != nil || !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 200 OK") {
		t.Errorf("the slow client got %q, %v", buf[:n], err)
	}
}

func (in *instance) stopDaemon() {
	in.t.Helper()
	var w strings.Builder
	if err := stepStop(in, &w, nil); err != nil || w.String() != "exit 0\n" {
		in.t.Errorf("stopping the daemon: %v %s", err, w.String())
	}
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
