package compat

import (
	"strings"
	"syscall"
	"testing"
)

// TestHostileSecretsInBrokenConfig checks that whatever is wrong with the file at a
// SIGHUP, a reread or a restart, the log says where, but repeats nothing that may be
// secret.
func TestHostileSecretsInBrokenConfig(t *testing.T) {
	in := hostile(t, "")
	in.mustStart()
	good := in.read("supervisord.conf")
	lines := 0
	for _, broken := range []string{
		"environment=TOKEN=\"s3cret\n",
		"environment=TOKEN=s3cret,OTHER\n",
		"environment=TOKEN=\"s3cret%(nope)s\"\n",
		"autostart=s3cret%(nope)s\n",
		"password s3cret\n",
		"[inet_http_server]\nport=127.0.0.1:1\nusername=u\npassword=s3cret%\n",
	} {
		if err := in.write("supervisord.conf", good+"\n[program:new]\ncommand=/bin/cat\n"+broken); err != nil {
			t.Fatal(err)
		}
		if _, err := in.call("supervisor.reloadConfig"); err == nil {
			t.Fatalf("%q was accepted", broken)
		}
		if _, err := in.call("supervisor.restart"); err == nil {
			t.Fatalf("%q was restarted with", broken)
		}
		if err := in.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		lines++
		in.await("a line about the SIGHUP", func() bool { return in.has("supervisord.log", "cannot restart, the configuration is broken", lines) })
	}
	if log := in.read("supervisord.log"); strings.Contains(log, "s3cret") {
		t.Errorf("the log repeats a secret:\n%s", log)
	}
	in.stopDaemon()
}
