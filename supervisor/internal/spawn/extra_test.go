package spawn

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// A child gets one more pipe at the number that it asks for, whatever way it is started,
// also if its plan needs a file; and nothing else.
func TestExtra(t *testing.T) {
	big := []string{"BIG=" + strings.Repeat("x", 2*maxPacket)}
	eachStarter(t, func(t *testing.T, how way) {
		for _, extra := range []int{3, 4, 5, 9} {
			for _, env := range [][]string{nil, big} {
				k := newTestKernel(t, Options{}, &how)
				script := fmt.Sprintf("echo ready >&%d; ls /dev/fd/ | tr '\\n' ' '", extra)
				k.Start(&Spec{Argv: []string{"/bin/sh", "-c", script}, Env: append(env, "PATH=/bin:/usr/bin"), Umask: -1, Extra: extra})
				s := started(t, k)
				if s.Err != nil {
					t.Fatal(s.Err)
				}
				f := os.NewFile(uintptr(s.Extra), "extra")
				text, err := io.ReadAll(f)
				f.Close()
				if string(text) != "ready\n" || err != nil {
					t.Errorf("descriptor %d: %q, %v", extra, text, err)
				}
				out, _ := drain(t, s)
				// ls has one of its own for the folder.
				var fds []string
				for fd := range 12 {
					if strings.Contains(" "+out, fmt.Sprintf(" %d ", fd)) {
						fds = append(fds, fmt.Sprint(fd))
					}
				}
				if len(fds) != 5 || !strings.Contains(" "+out, fmt.Sprintf(" %d ", extra)) {
					t.Errorf("descriptor %d: ls sees %s", extra, out)
				}
				exited(t, k)
				k.Close()
			}
		}
	})
}

// Where the start fails, nothing stays open.
func TestExtraOfAFailedStart(t *testing.T) {
	k := newTestKernel(t, Options{}, nil)
	k.Start(&Spec{Argv: []string{"/nonexistent"}, Umask: -1, Extra: 3})
	if s := started(t, k); s.Err == nil || s.Extra != -1 {
		t.Errorf("%+v", s)
	}
}
