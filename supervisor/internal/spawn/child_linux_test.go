package spawn

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// surroundings are commands that show what a child finds. The Go test binary can't look,
// because its runtime changes limits and signals before main: cat shows what the kernel
// says about cat.
var surroundings = []struct {
	name string
	argv []string
}{
	{"status", []string{"/bin/cat", "/proc/self/status"}},
	{"limits", []string{"/bin/cat", "/proc/self/limits"}},
	{"stat", []string{"/bin/cat", "/proc/self/stat"}},
	{"environ", []string{"/bin/cat", "/proc/self/environ"}},
	{"descriptors", []string{"/bin/ls", "-l", "/proc/self/fd"}},
	{"directory", []string{"/bin/ls", "-ld", "/proc/self/cwd"}},
}

// statusLines are the lines of /proc/PID/status that depend on the start.
var statusLines = []string{
	"Umask", "Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt",
	"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",
}

var (
	digits   = regexp.MustCompile(`\d+`)
	linkLine = regexp.MustCompile(`(\S+) -> (\S+)`)
)

// normal keeps only what is the same in every run.
func normal(name, out string) string {
	var keep []string
	switch name {
	case "status":
		for line := range strings.Lines(out) {
			if key, _, _ := strings.Cut(line, ":"); slices.Contains(statusLines, key) {
				keep = append(keep, strings.TrimSpace(line))
			}
		}
	case "stat":
		f := strings.Fields(out[strings.LastIndexByte(out, ')')+1:])
		pid, _, _ := strings.Cut(out, " ")
		keep = []string{fmt.Sprintf("leads its group %v, session %s, terminal %s, nice %s", f[2] == pid, f[3], f[4], f[16])}
	case "environ":
		for v := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
			if key, _, _ := strings.Cut(v, "="); key == "A" || key == "SUPERVISOR_ENABLED" {
				keep = append(keep, v)
			}
		}
		slices.Sort(keep)
	case "descriptors", "directory":
		for _, m := range linkLine.FindAllStringSubmatch(out, -1) {
			// Leave out the directory that ls itself has open.
			if !strings.HasPrefix(m[2], "/proc/") {
				keep = append(keep, m[1]+" "+digits.ReplaceAllString(m[2], "N"))
			}
		}
	default:
		return out
	}
	return strings.Join(keep, "\n")
}

type setting struct {
	name, umask, dir, user string
	spec                   Spec
}

func settings(t *testing.T) []setting {
	list := []setting{
		{name: "plain", spec: Spec{Umask: -1}},
		{name: "umask", umask: "027", dir: "/usr/share", spec: Spec{Umask: 0o27, Dir: "/usr/share"}},
		{name: "zero", umask: "000", dir: "/", spec: Spec{Umask: 0, Dir: "/"}},
	}
	if os.Getuid() == 0 {
		list = append(list,
			setting{name: "user", user: "nobody", dir: "/", spec: Spec{Umask: -1, User: &User{UID: 65534}, Dir: "/"}},
			setting{name: "root", user: "root", spec: Spec{Umask: -1, User: &User{UID: 0}}})
	} else {
		t.Log("the settings with user= need root")
	}
	return list
}

// Every way to start gives children what upstream gives them: limits, signal mask,
// ignored signals, descriptors, process group, session, umask, directory, user, groups
// and environment (facts 109, 123, 160 and 166: user, signals, steps in the child,
// environment).
func Test160ChildrenFindWhatUpstreamGivesThem(t *testing.T) {
	ignoreSignals()
	for _, set := range settings(t) {
		t.Run(set.name, func(t *testing.T) {
			want := upstream(t, set)
			eachStarter(t, func(t *testing.T, how way) {
				k := newTestKernel(t, Options{}, &how)
				for _, s := range surroundings {
					spec := set.spec
					spec.Argv, spec.Env = s.argv, []string{"A=b c", "SUPERVISOR_ENABLED=1"}
					out, stderr, e := run(t, k, &spec)
					if e.Status.Code != 0 {
						t.Fatalf("%s: %v: %s", s.name, e.Status, stderr)
					}
					if got := normal(s.name, out); got != want[s.name] {
						t.Errorf("%s:\n%s\nupstream:\n%s", s.name, got, want[s.name])
					}
				}
			})
		})
	}
}

// upstream runs the same children under upstream's daemon.
func upstream(t *testing.T, set setting) map[string]string {
	t.Helper()
	const daemon = "/usr/bin/supervisord"
	if _, err := os.Stat(daemon); err != nil {
		t.Skip("upstream's supervisord is not installed: ", err)
	}
	dir := t.TempDir()
	var b bytes.Buffer
	fmt.Fprintf(&b, "[supervisord]\nlogfile=%[1]s/d.log\npidfile=%[1]s/d.pid\nchildlogdir=%[1]s\nidentifier=reeve\n", dir)
	if os.Getuid() == 0 {
		b.WriteString("user=root\n")
	}
	for _, s := range surroundings {
		fmt.Fprintf(&b, "[program:%s]\ncommand=%s\nstdout_logfile=%s/%[1]s.log\nautorestart=false\nstartsecs=0\nenvironment=A=\"b c\"\n",
			s.name, strings.Join(s.argv, " "), dir)
		for _, kv := range [][2]string{{"umask", set.umask}, {"directory", set.dir}, {"user", set.user}} {
			if kv[1] != "" {
				fmt.Fprintf(&b, "%s=%s\n", kv[0], kv[1])
			}
		}
	}
	conf := filepath.Join(dir, "s.conf")
	if err := os.WriteFile(conf, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(daemon, "-n", "-s", "-c", conf)
	said, err := os.Create(filepath.Join(dir, "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	eventually(t, "upstream's children did not end", func() string {
		log, _ := os.ReadFile(filepath.Join(dir, "d.log"))
		if n := strings.Count(string(log), "(exit status 0; expected)"); n < len(surroundings) {
			output, _ := os.ReadFile(said.Name())
			return fmt.Sprintf("%d did; %s%s", n, log, output)
		}
		return ""
	})
	want := map[string]string{}
	for _, s := range surroundings {
		out, err := os.ReadFile(filepath.Join(dir, s.name+".log"))
		if err != nil || len(out) == 0 {
			t.Fatalf("nothing from upstream's %s: %v", s.name, err)
		}
		want[s.name] = normal(s.name, string(out))
	}
	return want
}

// The environment is exactly Spec.Env: no marker of ours is left in it.
func TestEnvironmentIsExact(t *testing.T) {
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		out, _, _ := run(t, k, &Spec{Argv: []string{"/bin/cat", "/proc/self/environ"}, Env: []string{"Z=1", "A=2", "EMPTY="}, Umask: -1})
		if want := "Z=1\x00A=2\x00EMPTY=\x00"; out != want {
			t.Errorf("got %q, want %q", out, want)
		}
	})
}

// A child's own umask does not become the daemon's.
func TestUmaskStaysTheChilds(t *testing.T) {
	mask := processUmask(t)
	eachStarter(t, func(t *testing.T, how way) {
		k := newTestKernel(t, Options{}, &how)
		for _, c := range []struct {
			umask int
			want  string
		}{{0o123, "0123\n"}, {-1, fmt.Sprintf("%04o\n", mask)}} {
			if out, _, _ := run(t, k, &Spec{Argv: []string{"/bin/sh", "-c", "umask"}, Umask: c.umask}); out != c.want {
				t.Errorf("umask of the child %q, want %q", out, c.want)
			}
		}
		if got := processUmask(t); got != mask {
			t.Errorf("umask of the process became %04o, was %04o", got, mask)
		}
	})
}

// processUmask reads the umask from /proc (Linux 4.7), because umask(2) can't read it
// without changing it.
func processUmask(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	_, rest, _ := strings.Cut(string(status), "\nUmask:\t")
	digits, _, _ := strings.Cut(rest, "\n")
	mask, err := strconv.ParseUint(digits, 8, 32)
	if err != nil {
		t.Skip("no umask in /proc/self/status: ", err)
	}
	return int(mask)
}
