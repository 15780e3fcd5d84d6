package spawn

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// limitReport has the limits of a daemon after its start, and those of its children.
type limitReport struct {
	Infos []string
	Err   string
	Own   uint64 // the daemon's soft limit at the end
	Child string // ulimit -Sn; ulimit -Hn
}

// reportLimits plays a daemon's start: LIMITS holds minfds and minprocs.
func reportLimits() {
	var minfds, minprocs int
	fmt.Sscan(os.Getenv("LIMITS"), &minfds, &minprocs)
	var r limitReport
	var err error
	if r.Infos, err = RaiseLimits(minfds, minprocs); err != nil {
		r.Err = err.Error()
	}
	k := newKernel(Options{})
	k.Start(&Spec{Argv: []string{"/bin/sh", "-c", "ulimit -Sn; ulimit -Hn"}, Umask: -1})
	s := <-k.Started()
	buf := make([]byte, 100)
	syscall.SetNonblock(s.Stdout, false)
	for n, _ := syscall.Read(s.Stdout, buf); n > 0; n, _ = syscall.Read(s.Stdout, buf) {
		r.Child += string(buf[:n])
	}
	<-k.Exited()
	k.Close()
	var lim syscall.Rlimit
	syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim)
	r.Own = lim.Cur
	json.NewEncoder(os.Stdout).Encode(r)
}

func Test110RaiseLimits(t *testing.T) {
	for _, c := range []struct {
		name, ulimit, limits string
		want                 limitReport
	}{
		{"enough", "ulimit -Sn 500; ulimit -Hn 2000", "400 1", limitReport{Own: 1999, Child: "500\n2000\n"}},
		{"soft is hard", "ulimit -n 700", "400 1", limitReport{Own: 700, Child: "700\n700\n"}},
		{"raised", "ulimit -Sn 500; ulimit -Hn 2000", "1024 1", limitReport{
			Own: 1999, Child: "1024\n2000\n",
			Infos: []string{"Increased RLIMIT_NOFILE limit to 1024"},
		}},
		{"raised to the hard limit", "ulimit -Sn 500; ulimit -Hn 2000", "2000 1", limitReport{
			Own: 2000, Child: "2000\n2000\n", Infos: []string{"Increased RLIMIT_NOFILE limit to 2000"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := limitsOf(t, c.ulimit, c.limits, 0); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// TestLimitsRefused: the message quotes the actual hard limit.
func TestLimitsRefused(t *testing.T) {
	const refused = `The minimum number of file descriptors required to run this process is 4000 as per the "minfds" command-line argument or config file setting. ` +
		`The current environment will only allow you to open 2000 file descriptors.`
	uid := 0
	if os.Getuid() == 0 {
		uid = 65534 // root may raise the hard limit
	}
	if got := limitsOf(t, "ulimit -Sn 500; ulimit -Hn 2000", "4000 1", uid); !strings.HasPrefix(got.Err, refused) || len(got.Infos) > 0 {
		t.Errorf("got %+v", got)
	}
}

func limitsOf(t *testing.T, ulimit, limits string, uid int) (r limitReport) {
	t.Helper()
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil || lim.Max < 2000 {
		t.Skipf("the hard limit of descriptors is %d: too low for this test", lim.Max)
	}
	cmd := exec.Command("/bin/sh", "-c", ulimit+`; exec "$0" limits`, self(t))
	cmd.Env = []string{"LIMITS=" + limits}
	cmd.Dir = "/"
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
		// Another user may execute it there.
		if f, err := os.CreateTemp("/tmp", "spawn"); err == nil {
			data, _ := os.ReadFile(self(t))
			f.Write(data)
			f.Chmod(0o755)
			f.Close()
			defer os.Remove(f.Name())
			cmd.Args[3] = f.Name()
		}
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return r
}

// startWithInherited starts ls while a descriptor is open that its own parent left open.
func startWithInherited() {
	if _, err := CloseInherited(); err != nil {
		fmt.Println(err)
	}
	if os.Getenv("HOW") == "unlisted" {
		unix.FcntlInt(3, unix.F_SETFD, 0)
		if _, err := closeInherited("/nonexistent"); err == nil {
			fmt.Println("no error")
		}
	}
	if _, err := unix.FcntlInt(3, unix.F_GETFD, 0); err != nil {
		fmt.Println("descriptor 3 is not even open here")
	}
	k := newKernel(Options{})
	k.Start(&Spec{Argv: []string{"/bin/ls", "/proc/self/fd"}, Umask: -1})
	s := <-k.Started()
	syscall.SetNonblock(s.Stdout, false)
	buf := make([]byte, 1000)
	for n, _ := syscall.Read(s.Stdout, buf); n > 0; n, _ = syscall.Read(s.Stdout, buf) {
		os.Stdout.Write(buf[:n])
	}
	<-k.Exited()
	k.Close()
}

func Test160InheritedDescriptorsAreClosed(t *testing.T) {
	for _, how := range []string{"listed", "unlisted"} {
		null, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer null.Close()
		cmd := exec.Command(self(t), "inherited")
		cmd.Env = []string{"HOW=" + how}
		cmd.ExtraFiles = []*os.File{null, null, null}
		out, err := cmd.CombinedOutput()
		// 3 is the directory that ls reads.
		if want := "0\n1\n2\n3\n"; err != nil || string(out) != want {
			t.Errorf("%s: children have %q, %v; want %q", how, out, err, want)
		}
	}
}
