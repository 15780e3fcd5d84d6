package compat

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestHostileSocketRemoved removes the daemon's socket file, again and again, as cleaners
// of /tmp do: it is made again, as it was, and that is said once a minute. A connection
// that is open, and one that nobody has accepted yet, are served.
func TestHostileSocketRemoved(t *testing.T) {
	in := hostile(t, "")
	in.must(in.write("supervisord.conf", strings.Replace(in.read("supervisord.conf"), "[supervisorctl]", "chmod=0751\n[supervisorctl]", 1)))
	in.mustStart()
	open := in.connect()
	open.call("getState")
	for range 5 {
		waits := in.connect()
		in.must(os.Remove(in.path("s.sock")))
		in.await("the socket", func() bool { return fileExists(in.path("s.sock")) })
		if info, err := os.Stat(in.path("s.sock")); err != nil || info.Mode() != os.ModeSocket|0o751 {
			t.Fatalf("made again as %v, %v", info.Mode(), err)
		}
		in.served()
		open.call("getState")
		waits.call("getState")
	}
	if n := strings.Count(in.read("supervisord.log"), "the socket "+in.path("s.sock")+" was removed and is made again"); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, in.read("supervisord.log"))
	}
	in.stopDaemon()
	if fileExists(in.path("s.sock")) {
		t.Error("the socket that was made again is left")
	}
}

// TestHostileSocketReplaced puts another file in the place of the socket: it is left
// alone, and said. When it is gone, the socket is made again.
func TestHostileSocketReplaced(t *testing.T) {
	in := hostile(t, "")
	in.mustStart()
	c := in.connect()
	in.must(in.write("other", "precious"))
	in.must(os.Rename(in.path("other"), in.path("s.sock")))
	in.awaitLog("something else is in the place of the socket " + in.path("s.sock"))
	c.call("getState")
	in.must(os.Chmod(in.path("s.sock"), 0o600)) // it is looked at again
	if got := in.read("s.sock"); got != "precious" {
		t.Errorf("the other file has %q", got)
	}
	in.must(os.Remove(in.path("s.sock")))
	in.await("the socket", func() bool { _, err := in.call("supervisor.getState"); return err == nil })
	if n := strings.Count(in.read("supervisord.log"), "something else"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
	in.stopDaemon()
}

// TestHostileSocketDirectoryRemoved removes the socket's directory: said once, and the
// socket is back soon after the directory is.
func TestHostileSocketDirectoryRemoved(t *testing.T) {
	in := hostile(t, "")
	conf := strings.Replace(in.read("supervisord.conf"), "file="+in.path("s.sock"), "file="+in.path("run/s.sock"), 1)
	in.must(in.write("supervisord.conf", conf))
	in.must(os.Mkdir(in.path("run"), 0o755))
	in.mustStart()
	in.await("the socket", func() bool { return fileExists(in.path("run/s.sock")) })
	in.await("the removal", func() bool { return os.RemoveAll(in.path("run")) == nil })
	in.awaitLog("cannot make the socket " + in.path("run/s.sock") + " again")
	in.must(os.Mkdir(in.path("run"), 0o755))
	in.await("the socket", func() bool { return fileExists(in.path("run/s.sock")) })
	out, err := in.command(in.ctl, "-s", "unix://"+in.path("run/s.sock"), "pid").CombinedOutput()
	if want := fmt.Sprintln(in.cmd.Process.Pid); err != nil || string(out) != want {
		t.Errorf("%q, %v, want %q", out, err, want)
	}
	if n := strings.Count(in.read("supervisord.log"), "cannot make"); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, in.read("supervisord.log"))
	}
	// And an idle daemon does not look for it.
	in.await("two seconds without a wake-up", func() bool {
		before := switches(t, in.cmd.Process.Pid)
		<-time.After(2 * time.Second)
		return switches(t, in.cmd.Process.Pid) == before
	})
	in.stopDaemon()
}
