package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// systemd is a real one, the first process of namespaces of its own: processes, mounts,
// network, names, cgroups. What it writes to / goes to an overlay in memory. The machine's
// cgroups are bound to nothing there: it mounts them itself, on a file system in memory of
// its own, and sees only the group that it was put into, which is removed in the end. It
// starts the units that the test gives it and no others.
type systemd struct {
	t   *testing.T
	cmd *exec.Cmd
	out *os.File
}

// bootSystemd becomes the init of systemd's namespaces. Arguments: the directory with
// units/ and programs/, then the cgroups to be in.
const bootSystemd = `set -e
dir=$1
shift
for group; do echo $$ >"$group/cgroup.procs"; done
exec unshare -C /bin/sh -ec '
mount --make-rprivate /
mount -t tmpfs tmpfs "$0/over"
cd "$0/over"
mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
cd root
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind /dev dev
for place in run tmp; do mount -t tmpfs tmpfs $place; done
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
mount --bind "$0/programs" mnt
mkdir -p run/systemd/system
cp "$0"/units/* run/systemd/system
exec chroot . /usr/bin/env -i container=other PATH=/mnt:/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --unit=test.target --log-target=console --show-status=0
' "$dir"
`

// startSystemd boots it with units, each a name and a text. Those that are named in
// wanted are started.
func startSystemd(t *testing.T, units map[string]string, wanted string) *systemd {
	t.Helper()
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("systemd: its namespaces need root")
	}
	for _, program := range []string{"/lib/systemd/systemd", "/usr/bin/unshare", "/usr/bin/nsenter"} {
		if _, err := os.Stat(program); err != nil {
			t.Skip("systemd: ", err)
		}
	}
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range programs {
		text, err := os.ReadFile(filepath.Join(bin, name))
		if err != nil {
			t.Fatal(err)
		}
		write("programs/"+name, string(text))
	}
	units["test.target"] = "[Unit]\nDefaultDependencies=no\nWants=" + wanted + "\n"
	for name, text := range units {
		write("units/"+name, text)
	}
	if err := os.Mkdir(filepath.Join(dir, "over"), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	groups := ownGroups(t)
	cmd := exec.Command("/bin/sh", append([]string{"-c", bootSystemd, "sh", dir}, groups...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS |
		syscall.CLONE_NEWUTS | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Skip("systemd: no namespaces to be had here: ", err)
	}
	s := &systemd{t, cmd, out}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // and with it all in its namespace
		_ = cmd.Wait()
		out.Close()
		for _, g := range groups {
			removeGroups(t, g)
		}
	})
	s.await("systemd", func() bool { return s.run("systemctl", "show-environment") != "" })
	return s
}

// ownGroups makes a cgroup below ours in each hierarchy that permits it.
func ownGroups(t *testing.T) (groups []string) {
	t.Helper()
	ours, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Skip("systemd: no cgroups here: ", err)
	}
	for line := range strings.Lines(string(ours)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		hierarchy, path, _ := strings.Cut(rest, ":")
		mounted := filepath.Join("/sys/fs/cgroup", strings.TrimPrefix(hierarchy, "name="))
		if _, err := os.Stat("/sys/fs/cgroup/unified"); hierarchy == "" && err == nil {
			mounted = "/sys/fs/cgroup/unified"
		}
		group, err := os.MkdirTemp(filepath.Join(mounted, path), "reeve-test")
		if err != nil {
			continue
		}
		if strings.Contains(hierarchy, "cpuset") { // an empty one takes no process
			for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
				text, _ := os.ReadFile(filepath.Join(filepath.Dir(group), file))
				_ = os.WriteFile(filepath.Join(group, file), text, 0)
			}
		}
		groups = append(groups, group)
	}
	if len(groups) == 0 {
		t.Skip("systemd: no cgroup can be made here")
	}
	return groups
}

// removeGroups removes a cgroup and those below it; their processes have ended, or are
// about to.
func removeGroups(t *testing.T, root string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; <-time.After(pause) {
		var all []string
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				all = append(all, path)
			}
			return nil
		})
		for i := len(all) - 1; i >= 0; i-- {
			_ = os.Remove(all[i])
		}
		if _, err := os.Stat(root); err != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s can't be removed", root)
			return
		}
	}
}

// patience is how long a condition is waited for; none takes that long.
const (
	patience = time.Minute
	pause    = 50 * time.Millisecond
)

// run runs a program beside systemd and returns what it prints, and nothing if it fails.
func (s *systemd) run(args ...string) string {
	s.t.Helper()
	inside := []string{"-t", strconv.Itoa(s.cmd.Process.Pid), "-m", "-p", "-u", "-n", "-i", "-C", "-r", "-w"}
	cmd := exec.Command("/usr/bin/nsenter", append(inside, args...)...)
	cmd.Env = []string{"PATH=/mnt:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"}
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(bytes.ReplaceAll(out, []byte("\r"), nil)))
}

func (s *systemd) await(what string, done func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !done(); <-time.After(pause) {
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(s.out.Name())
			s.t.Fatalf("%s did not come about\n%s\n%s", what, said, s.run("ps", "-e", "-o", "pid,ppid,args"))
		}
	}
}

// property returns a property of a unit.
func (s *systemd) property(unit, name string) string {
	s.t.Helper()
	return s.run("systemctl", "show", "--value", "-p", name, unit)
}

// others returns the command lines of all processes but systemd.
func (s *systemd) others() (args []string) {
	s.t.Helper()
	for line := range strings.Lines(s.run("ps", "-e", "-o", "args=")) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "/lib/systemd/systemd") && !strings.HasPrefix(line, "ps -e") {
			args = append(args, line)
		}
	}
	return args
}
