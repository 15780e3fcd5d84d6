package compat

import (
	"os"
	"testing"
)

// What has changed since the daemon began is as it is now for the one that follows it: a
// socket that was removed and made again is served, and it and the pidfile are gone in the
// end.
func TestKeeperHoldsWhatIsMadeAgain(t *testing.T) {
	in := kept(t, survives)
	in.mustStart()
	in.daemon()
	for range 2 {
		in.must(os.Remove(in.path("s.sock")))
		in.await("the socket", func() bool { return fileExists(in.path("s.sock")) })
		settled()
		in.killDaemon()
		in.served()
	}
	in.stopDaemon()
	for _, name := range []string{"s.sock", "supervisord.pid"} {
		if fileExists(in.path(name)) {
			t.Error("after the end there is ", name)
		}
	}
}
