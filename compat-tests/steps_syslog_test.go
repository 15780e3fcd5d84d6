package compat

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// stepSyslog is the system's log: from now on every datagram that is sent to
// the file devlog is a quoted line of syslog.txt.
func stepSyslog(in *instance, _ *strings.Builder, _ []string) error {
	conn, err := net.ListenPacket("unixgram", in.path("devlog"))
	if err != nil {
		return err
	}
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
