package compat

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// stepSyslog stands in for the system's log: from now on every datagram that is sent to
// the socket devlog becomes a quoted line of syslog.txt. "syslog close" ends that; the
// dead socket stays.
func stepSyslog(in *instance, _ *strings.Builder, args []string) error {
	if len(args) == 1 && args[0] == "close" {
		return in.syslog.Close()
	}
	conn, err := net.ListenPacket("unixgram", in.path("devlog"))
	if err != nil {
		return err
	}
	in.syslog = conn
	in.t.Cleanup(func() { conn.Close() })
	if err := os.Chmod(in.path("devlog"), 0o666); err != nil {
		return err
	}
	f, err := in.create("syslog.txt")
	if err != nil {
		return err
	}
	go func() {
		buf := make([]byte, 1<<16)
		for {
			n, _, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = fmt.Fprintf(f, "%q\n", buf[:n])
		}
	}()
	return nil
}
