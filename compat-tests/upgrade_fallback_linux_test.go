package compat

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What has said that it can go on, and then can't: the program before goes on with
// everything, and whoever asked for the upgrade gets the reason.

// alteredBuild builds our daemon with a text of one of its source files replaced.
func alteredBuild(t *testing.T, name, file, old, altered string) string {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("..", file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), old) != 1 {
		t.Fatalf("%s has not once %q", file, old)
	}
	dir := t.TempDir()
	overlay := filepath.Join(dir, "overlay.json")
	data, err := json.Marshal(map[string]map[string]string{"Replace": {source: filepath.Join(dir, "altered.go")}})
	if err == nil {
		err = os.WriteFile(overlay, data, 0o644)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "altered.go"), []byte(strings.ReplaceAll(string(text), old, altered)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(binaries, name, "supervisord")
	if err := compile(bin, "../cmd/supervisord", "-X reeve/config.Own="+nextVersion, "-overlay", overlay); err != nil {
		t.Skip("no altered build to be had: ", err)
	}
	return bin
}

// working is a configuration in which an upgrade that fails has something to lose.
const working = `[inet_http_server]
port=127.0.0.1:{{.Port}}
[program:echo]
command={{.Child}} echo
startsecs=0
stdout_logfile={{.Dir}}/logs/echo
[program:stubborn]
command={{.Child}} slow {{.Dir}}/free 0
ready=log:ready
stopwaitsecs=3600
[fcgi-program:fast]
command={{.Child}} serve fast
socket=unix://{{.Dir}}/fast.sock
startsecs=0
[eventlistener:all]
command={{.Child}} ponder {{.Dir}}/all.heard / 0
events=EVENT
startsecs=0
`

// fallsBack asks for an upgrade that fails after everything was handed over, and checks
// that all goes on.
func (in *instance) fallsBack(program, reason string) {
	in.t.Helper()
	in.pidOf("echo")
	in.pidOf("stubborn")
	before := in.soul()
	kept, err := in.dial(true)
	in.must(err)
	defer kept.Close()
	stopped := make(chan string, 1)
	go func() {
		v, err := in.call("supervisor.stopProcess", "stubborn")
		var w strings.Builder
		writeReply(&w, v, err)
		stopped <- w.String()
	}()
	in.await("STOPPING", func() bool { return in.state("stubborn") == "STOPPING" })
	text, status := in.ctlUpgrade(program)
	if !strings.HasPrefix(text, "ERROR: cannot upgrade: ") || !strings.Contains(text, reason) || strings.Count(text, "\n") != 1 || status != 1 {
		in.t.Errorf("supervisorctl says, with status %d: %swant %s", status, text, reason)
	}
	in.awaitLog("cannot upgrade, version " + ownVersion(in.t) + " goes on: ")
	if now := strings.ReplaceAll(in.soul(), "STOPPING", "RUNNING"); now != before {
		in.t.Errorf("the daemon was %s, is %s", before, now)
	}
	in.worksAsBefore(kept.(syscall.Conn))
	in.must(in.write("free", ""))
	_ = in.write(filepath.Base(program)+"-free", "")
	if got := <-stopped; got != "true\n" {
		in.t.Errorf("who waited for the stop got %s", got)
	}
	if fileExists(in.program()) {
		in.mustUpgrade("") // where it came from, not what has failed
		if got := in.program(); got != in.prog.daemon {
			in.t.Errorf("it executes %s", got)
		}
	}
	in.mustUpgrade(ours.daemon)
	in.worksAsBefore(kept.(syscall.Conn))
}

// worksAsBefore checks pipes, sockets and listeners.
func (in *instance) worksAsBefore(kept syscall.Conn) {
	in.t.Helper()
	n := strings.Count(in.read("logs/echo"), "\n")
	if _, err := in.call("supervisor.sendProcessStdin", "echo", "hello\n"); err != nil {
		in.t.Error(err)
	}
	in.await("what was echoed", func() bool { return strings.Count(in.read("logs/echo"), "\n") > n })
	n = in.recorded("all.heard")
	if _, err := in.call("supervisor.sendRemoteCommEvent", "a", "b"); err != nil {
		in.t.Error(err)
	}
	in.await("the event", func() bool { return in.recorded("all.heard") > n })
	c, err := in.dial(true)
	in.must(err)
	defer c.Close()
	// The connection that was there before is still open: it has nothing to read.
	raw, err := kept.SyscallConn()
	in.must(err)
	_ = raw.Control(func(fd uintptr) {
		if _, err := unix.Read(int(fd), make([]byte, 1)); err != unix.EAGAIN {
			in.t.Errorf("the connection of a client: %v", err)
		}
	})
}

// The new program can't be executed any more: its file was written to after it answered.
func TestUpgradeFileSpoiled(t *testing.T) {
	for _, c := range []struct{ name, reason string }{
		{"spoils", "exec format error"}, {"locks", "text file busy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := hostile(t, working)
			in.mustStart()
			in.fallsBack(in.impostor(c.name), c.reason)
			in.stopDaemon()
		})
	}
}

// The new program has nothing against the state in the question, but can't take it over.
func TestUpgradeProgramFails(t *testing.T) {
	for _, c := range []struct{ name, file, old, altered, reason string }{
		{
			"format", "cmd/supervisord/takeover.go", "h, err := readHandover(st.Handover)",
			`h, err := new(handover), fmt.Errorf("%w: it is spoiled", errNoHandover)`, "cannot read what the program before has left: it is spoiled",
		},
		{
			"panic", "cmd/supervisord/takeover.go", "d := &daemon{argv: argv,",
			`panic("by a mistake"); d := &daemon{argv: argv,`, "panic: by a mistake",
		},
		{
			"descriptors", "supervisor/take.go", "table, err := capture.New()",
			`table, err := capture.New(); err = errors.New("too many open files")`, "too many open files",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := hostile(t, working)
			program := alteredBuild(t, "fails-"+c.name, c.file, c.old, c.altered)
			in.mustStart()
			in.fallsBack(program, c.reason)
			in.stopDaemon()
		})
	}
}

// The file of the new program was deleted, and so was that of the old one: neither
// matters.
func TestUpgradeFilesDeleted(t *testing.T) {
	in := hostile(t, working)
	old, next := in.path("old"), in.path("new")
	in.must(copyProgram(ours.daemon, old))
	in.must(copyProgram(theNext(t), next))
	in.prog.daemon = old
	in.mustStart()
	in.pidOf("echo")
	in.must(os.Remove(old))
	if text, status := in.ctlUpgrade(); status != 1 || !strings.Contains(text, "can't find command '"+old+"'") {
		t.Errorf("supervisorctl says, with status %d: %s", status, text)
	}
	in.fallsBack(in.impostor("spoils"), "exec format error")
	in.mustUpgrade(next)
	in.must(os.Remove(next))
	in.served()
	in.must(copyProgram(theNext(t), next))
	in.mustUpgrade("") // where the last one came from
	if got := in.program(); got != next {
		t.Errorf("it executes %s", got)
	}
	in.stopDaemon()
}
