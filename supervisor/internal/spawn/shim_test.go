package spawn

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The child itself reports what fails in it, and exits with 127, however it was started.
func Test163FailuresInTheChild(t *testing.T) {
	noShebang := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(noShebang, []byte("echo hello\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		spec Spec
		want string
	}{
		"exec":  {Spec{Argv: []string{noShebang, "x"}}, "couldn't exec " + noShebang + ": ENOEXEC"},
		"argv0": {Spec{Argv: []string{"script"}, Path: filepath.Dir(noShebang)}, "couldn't exec script: ENOEXEC"},
		"chdir": {Spec{Argv: []string{"/bin/true"}, Dir: "/nonexistent/dir"}, "couldn't chdir to /nonexistent/dir: ENOENT"},
		"user":  {Spec{Argv: []string{"/bin/true"}, User: &User{UID: 54321}}, "couldn't setuid to 54321: Can't find uid 54321"},
		"order": {Spec{Argv: []string{noShebang}, Dir: noShebang}, "couldn't chdir to " + noShebang + ": ENOTDIR"},
	}
	if os.Getuid() != 0 {
		cases["nonroot"] = struct {
			spec Spec
			want string
		}{Spec{Argv: []string{"/bin/true"}, User: &User{UID: 0}}, "couldn't setuid to 0: Can't drop privilege as nonroot user"}
	}
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{GroupsOf: allBut54321}, &how)
		for name, c := range cases {
			for _, merge := range []bool{false, true} {
				spec := c.spec
				spec.Umask, spec.MergeStderr = -1, merge
				out, err, e := run(t, k, &spec)
				if merge {
					out, err = err, out
				}
				want := "supervisor: " + c.want + "\nsupervisor: child process was not spawned\n"
				if out != "" || err != want || e.Status.Code != 127 {
					t.Errorf("%s: stdout %q, stderr %q, %v; want %q and 127", name, out, err, e.Status, want)
				}
			}
		}
	})
}

func allBut54321(uid uint32) (Groups, error) {
	if uid == 54321 {
		return Groups{}, ErrNoUser
	}
	return systemGroups(uid)
}

// The error of a failed look-up is reported by the child too.
func TestGroupsOfFails(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root switches users")
	}
	k := newTestKernel(t, Options{GroupsOf: func(uint32) (Groups, error) { return Groups{}, errors.New("directory is down") }}, nil)
	_, stderr, e := run(t, k, &Spec{Argv: []string{"/bin/true"}, Umask: -1, User: &User{UID: 65534}})
	if want := "supervisor: couldn't setuid to 65534: directory is down\nsupervisor: child process was not spawned\n"; stderr != want || e.Status.Code != 127 {
		t.Errorf("got %q, %v", stderr, e.Status)
	}
}

func TestLimitsAndNice(t *testing.T) {
	nice := 7
	for name, how := range starters {
		if !how.shim {
			continue // the kernel sends these to the shim
		}
		t.Run(name, func(t *testing.T) {
			k := newTestKernel(t, Options{}, &how)
			out, _, _ := run(t, k, &Spec{
				Argv: []string{"/bin/sh", "-c", "ulimit -Sn; ulimit -Hn; ulimit -Sc; nice"}, Env: []string{"PATH=/usr/bin:/bin"}, Umask: -1,
				Limits: []Rlimit{{syscall.RLIMIT_NOFILE, 100, 200}, {syscall.RLIMIT_CORE, 0, 0}}, Nice: &nice,
			})
			if want := "100\n200\n0\n7\n"; out != want {
				t.Errorf("got %q, want %q", out, want)
			}
		})
	}
	k := newTestKernel(t, Options{}, nil)
	out, _, _ := run(t, k, &Spec{Argv: []string{"/bin/sh", "-c", "nice"}, Env: []string{"PATH=/usr/bin:/bin"}, Umask: -1, Nice: &nice})
	if out != "7\n" {
		t.Errorf("by choice: nice is %q", out)
	}
}
