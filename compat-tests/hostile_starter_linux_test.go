package compat

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Programs are started by a separate process, the starter. Here it hangs, is killed, and
// outlives its daemon, or nearly.

func init() { children["sandbox"] = childSandbox }

// starter returns the pid of the process that starts programs for the daemon, or 0 if
// there is none.
func (in *instance) starter() int {
	all, _ := filepath.Glob("/proc/[1-9]*/stat")
	for _, name := range all {
		text, _ := os.ReadFile(name)
		at := bytes.LastIndexByte(text, ')')
		if at < 0 || !bytes.HasSuffix(text[:at], []byte("(reeve-starter")) {
			continue
		}
		if fields := strings.Fields(string(text[at+1:])); fields[0] != "Z" && fields[1] == strconv.Itoa(in.cmd.Process.Pid) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			return pid
		}
	}
	return 0
}

// TestHostileInterpreterHangs makes the opening of a program's ELF interpreter hang.
// Everything else goes on, also during a garbage collection.
func TestHostileInterpreterHangs(t *testing.T) {
	in := hostile(t, "[program:hang]\ncommand={{.Dir}}/hang 600\nautostart=false\nstartsecs=0\n")
	sleep, err := os.ReadFile("/bin/sleep")
	if err != nil {
		t.Skip("no /bin/sleep here: ", err)
	}
	parsed, err := elf.NewFile(bytes.NewReader(sleep))
	if err != nil {
		t.Skip("/bin/sleep is no ELF program: ", err)
	}
	interpreter, at := "", 0
	for _, p := range parsed.Progs {
		if p.Type == elf.PT_INTERP {
			interpreter, at = string(bytes.TrimRight(sleep[p.Off:p.Off+p.Filesz], "\x00")), int(p.Off)
		}
	}
	if len(in.path("l")) > len(interpreter) {
		t.Skipf("%s does not fit where %q was", in.path("l"), interpreter)
	}
	loader, err := os.ReadFile(interpreter)
	if err != nil {
		t.Fatal(err)
	}
	copy(sleep[at:], in.path("l")+strings.Repeat("\x00", len(interpreter)-len(in.path("l"))))
	for name, data := range map[string][]byte{"hang": sleep, "l": loader} {
		if err := os.WriteFile(in.path(name), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	release, err := lease(in.path("l"))
	if err != nil {
		t.Skip("no lease to be had here: ", err)
	}
	in.mustStart()
	begun := time.Now()
	if _, err := in.call("supervisor.startProcess", "hang"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		in.served()
		for range 50 {
			if _, err := in.call("supervisor.getAllConfigInfo"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !in.has("supervisord.log", "hangs: executing "+in.path("hang"), 1) {
		t.Errorf("nobody has said it:\n%s", in.read("supervisord.log"))
	}
	if in.executes("hang") {
		if time.Since(begun) > 40*time.Second {
			t.Skip("the machine is so busy that the lease ran out (45 s)")
		}
		t.Error("the exec did not hang: this test shows nothing")
	}
	release()
	in.await("the exec after the cause was gone", func() bool { return in.executes("hang") })
	in.stopDaemon()
}

// TestHostileExecInspector has something inspect execs (fanotify) that does not answer
// for two of them.
func TestHostileExecInspector(t *testing.T) {
	fd, err := unix.FanotifyInit(unix.FAN_CLASS_CONTENT|unix.FAN_CLOEXEC|unix.FAN_NONBLOCK, unix.O_RDONLY)
	if err != nil {
		t.Skip("fanotify needs root and a kernel with it: ", err)
	}
	answer := func() { unix.Close(fd) } // the kernel allows what was not answered
	defer func() { answer() }()
	in := hostile(t, `[program:one]
command={{.Dir}}/one 600
autostart=false
startsecs=0
[program:two]
command={{.Dir}}/two 600
autostart=false
startsecs=0
`)
	sleep, err := os.ReadFile("/bin/sleep")
	if err != nil {
		t.Skip("no /bin/sleep here: ", err)
	}
	in.mustStart()
	in.served() // now there is a starter
	for _, name := range []string{"one", "two"} {
		if err := os.WriteFile(in.path(name), sleep, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{in.path("one"), in.path("two")} {
		if err := unix.FanotifyMark(fd, unix.FAN_MARK_ADD, unix.FAN_OPEN_EXEC_PERM, unix.AT_FDCWD, file); err != nil {
			t.Skip("no FAN_OPEN_EXEC_PERM here: ", err)
		}
	}
	for _, name := range []string{"one", "two"} {
		if _, err := in.call("supervisor.startProcess", name, false); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		in.served()
	}
	for _, name := range []string{"one", "two"} {
		if in.executes(name) {
			t.Errorf("the exec of %s did not hang: this test shows nothing", name)
		}
	}
	answer()
	answer = func() {}
	for _, name := range []string{"one", "two"} {
		in.await("the exec after the cause was gone", func() bool { return in.executes(name) })
	}
	in.stopDaemon()
}

// TestHostileStarterKilled kills the starter again and again while programs restart. No
// start is lost, none is made twice, and clients do not notice.
func TestHostileStarterKilled(t *testing.T) {
	in := hostile(t, "[program:web]\ncommand=/bin/sleep 61.5\nprocess_name=%(process_num)02d\nnumprocs=20\nstartsecs=0\n")
	in.mustStart()
	const rounds = 15
	for round := range rounds {
		stop := make(chan bool)
		stopped := make(chan int)
		go func() {
			deaths := 0
			for {
				select {
				case <-stop:
					stopped <- deaths
					return
				default:
				}
				if pid := in.starter(); pid != 0 && syscall.Kill(pid, syscall.SIGKILL) == nil {
					deaths++
				}
			}
		}()
		if round > 0 {
			if _, err := in.call("supervisor.startProcessGroup", "web"); err != nil {
				t.Fatal(err)
			}
		}
		in.await("all running", func() bool { return in.has("supervisord.log", "INFO spawned: '", 20*(round+1)) })
		close(stop)
		deaths := <-stopped
		pids := sleepers(in.cmd.Process.Pid)
		if len(pids) != 20 {
			t.Fatalf("round %d, %d starters killed: %d programs run, want 20", round, deaths, len(pids))
		}
		if _, err := in.call("supervisor.stopProcessGroup", "web"); err != nil {
			t.Fatal(err)
		}
		if left := sleepers(in.cmd.Process.Pid); len(left) > 0 {
			t.Fatalf("programs %v are nobody's", left)
		}
	}
	log := in.read("supervisord.log")
	for _, bad := range []string{"unknown pid", "spawnerr", "exited:", "FATAL"} {
		if strings.Contains(log, bad) {
			t.Errorf("the log says %q:\n%s", bad, log)
		}
	}
	in.stopDaemon()
}

// sleepers returns the children of a process that run sleep.
func sleepers(parent int) (pids []int) {
	all, _ := filepath.Glob("/proc/[1-9]*/stat")
	for _, name := range all {
		text, _ := os.ReadFile(name)
		_, rest, ok := strings.Cut(string(text), "(sleep) ")
		if fields := strings.Fields(rest); ok && len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// TestHostileDaemonKilled checks that the starter does not outlive a daemon that is
// killed, not even with a hanging exec.
func TestHostileDaemonKilled(t *testing.T) {
	in := hostile(t, "[program:hang]\ncommand={{.Dir}}/hang 600\nautostart=false\nstartsecs=0\n")
	sleep, err := os.ReadFile("/bin/sleep")
	if err != nil {
		t.Skip("no /bin/sleep here: ", err)
	}
	if err := os.WriteFile(in.path("hang"), sleep, 0o755); err != nil {
		t.Fatal(err)
	}
	release, err := lease(in.path("hang"))
	if err != nil {
		t.Skip("no lease to be had here: ", err)
	}
	defer release()
	in.mustStart()
	if _, err := in.call("supervisor.startProcess", "hang"); err != nil {
		t.Fatal(err)
	}
	in.served()
	starter := in.starter()
	if starter == 0 {
		t.Fatal("no starter")
	}
	info, err := in.call("supervisor.getProcessInfo", "hang")
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := strconv.Atoi(info.member("pid").text)
	defer syscall.Kill(pid, syscall.SIGKILL) // it has no parent to end it now
	if err := in.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	in.await("the end of the starter", func() bool { return syscall.Kill(starter, 0) == syscall.ESRCH || isZombie(starter) })
}

func isZombie(pid int) bool {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(rest, "Z")
}

// TestHostileSandbox runs the daemon in a sandbox that kills callers of ptrace or
// close_range. The daemon starts, and its programs have the limits that it was started
// with, or what minfds asks for.
func TestHostileSandbox(t *testing.T) {
	if arch[runtime.GOARCH].audit == 0 {
		t.Skip("no sandbox is known for ", runtime.GOARCH)
	}
	for _, c := range []struct{ minfds, want string }{{"64", "777\n"}, {"888", "888\n"}} {
		t.Run(c.minfds, func(t *testing.T) {
			in := hostile(t, "[program:limits]\ncommand=/bin/sh -c 'ulimit -Sn > {{.Dir}}/limits.new && mv {{.Dir}}/limits.new {{.Dir}}/limits && exec sleep 600'\nstartsecs=0\n")
			config := strings.Replace(in.read("supervisord.conf"), "[supervisord]\n", "[supervisord]\nminfds="+c.minfds+"\n", 1)
			if err := in.write("supervisord.conf", config); err != nil {
				t.Fatal(err)
			}
			exe, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			in.under = `ulimit -Sn 777; ulimit -Hn 2000; exec ` + exe + ` child sandbox "$0" "$@"`
			in.mustStart()
			in.await("the program's limits", func() bool { return fileExists(in.path("limits")) })
			if got := in.read("limits"); got != c.want {
				t.Errorf("programs may open %q, want %q", got, c.want)
			}
			in.served()
			in.stopDaemon()
		})
	}
}

// arch has the numbers that the sandbox needs for each processor.
var arch = map[string]struct{ audit, ptrace uint32 }{
	"amd64": {unix.AUDIT_ARCH_X86_64, 101}, "arm64": {unix.AUDIT_ARCH_AARCH64, 117},
}

// childSandbox executes its arguments such that they are killed if they call ptrace or
// close_range.
func childSandbox(args []string) int {
	a := arch[runtime.GOARCH]
	const closeRange = 436
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	equal := func(k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	end := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	filter := []unix.SockFilter{
		load(4), equal(a.audit, 0, 3), load(0), equal(a.ptrace, 2, 0), equal(closeRange, 1, 0),
		end(unix.SECCOMP_RET_ALLOW), end(unix.SECCOMP_RET_KILL_PROCESS),
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.Stderr, syscall.Exec(args[0], args, os.Environ()))
	return 1
}
