package spawn

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A child gets the sockets from 3 on and knows that they are meant for it, whatever way it
// is started, also if its plan needs a file, and whatever else it gets.
func TestListen(t *testing.T) {
	var sockets []*Socket
	for i := range 3 {
		s, err := OpenSocket(SocketSpec{Network: "unix", Address: filepath.Join(t.TempDir(), fmt.Sprint(i)), Mode: 0o700})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		sockets = append(sockets, s)
	}
	var inodes []string
	for _, s := range sockets {
		link, err := os.Readlink(fmt.Sprintf("/dev/fd/%d", s.fd))
		if err != nil {
			t.Skip("descriptors can't be told apart here: ", err)
		}
		inodes = append(inodes, link)
	}
	big := []string{"BIG=" + strings.Repeat("x", 2*maxPacket)}
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		for n := 1; n <= len(sockets); n++ {
			for _, extra := range []int{0, 3 + n, 4 + n, 9} {
				for _, env := range [][]string{{"LISTEN_PID=1"}, big} {
					script := "echo $LISTEN_PID $$; for fd in /dev/fd/*; do readlink $fd; done"
					k.Start(&Spec{
						Argv: []string{"/bin/sh", "-c", script}, Env: append(env, "PATH=/bin:/usr/bin"), Umask: -1,
						Listen: sockets[:n], Extra: extra,
					})
					s := started(t, k)
					if s.Err != nil {
						t.Fatal(s.Err)
					}
					closeFD(&s.Extra)
					out, _ := drain(t, s)
					exited(t, k)
					lines := strings.Fields(out)
					want := append([]string{fmt.Sprint(s.Pid), fmt.Sprint(s.Pid)}, "pipe", "pipe", "pipe")
					want = append(want, inodes[:n]...)
					if extra > 0 {
						want = append(want, "pipe")
					}
					for i := range lines {
						if strings.HasPrefix(lines[i], "pipe:") {
							lines[i] = "pipe"
						}
					}
					if len(lines) < len(want) || strings.Join(lines[:len(want)], " ") != strings.Join(want, " ") {
						t.Errorf("%d sockets, one more pipe at %d: got %q, want %q", n, extra, lines, want)
					}
				}
			}
		}
	})
}

// What fails in the child is reported as ever, with sockets too.
func TestListenFails(t *testing.T) {
	s, err := OpenSocket(SocketSpec{Network: "unix", Address: filepath.Join(t.TempDir(), "s"), Mode: 0o700})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		_, stderr, e := run(t, k, &Spec{Argv: []string{"/bin/true"}, Dir: "/nonexistent/dir", Umask: -1, Listen: []*Socket{s}})
		want := "supervisor: couldn't chdir to /nonexistent/dir: ENOENT\nsupervisor: child process was not spawned\n"
		if stderr != want || e.Status.Code != 127 {
			t.Errorf("stderr %q, %v", stderr, e.Status)
		}
	})
}
