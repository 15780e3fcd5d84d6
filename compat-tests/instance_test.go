package compat

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a step waits for its condition. It is never reached while both
// sides behave alike; after it was reached once, the instance waits less, so that one
// defect does not cost minutes.
const (
	patience  = 40 * time.Second
	impatient = 4 * time.Second
	pollEvery = 20 * time.Millisecond
)

// instance is the private world of one daemon: its directory, its port, its environment.
// It runs the steps of one script, on one goroutine.
type instance struct {
	t      *testing.T
	script *script
	prog   program // whose daemon
	ctl    string  // which supervisorctl
	dir    string
	port   int
	env    []string
	expand *strings.Replacer
	under  string // shell commands to run before the daemon's start

	cmd      *exec.Cmd
	exited   chan struct{} // closed when cmd has ended
	logMark  int           // main log: how much of it "log" has shown
	timedOut bool
	term     *terminal
	stream   *logStream
	seen     *sight // by "look"
	jobs     map[string]chan string

	syslog net.PacketConn

	eventMarks map[string]int // recordings: how much of each "events" has shown
	pids       []int          // of daemons started here, for normalising
}

func newInstance(t *testing.T, s *script, daemon, ctl program) (*instance, error) {
	// Not t.TempDir: the path of a unix socket has to be shorter than 108 bytes.
	dir, err := os.MkdirTemp("", "rv")
	if err != nil {
		return nil, err
	}
	in := &instance{t: t, script: s, prog: daemon, ctl: ctl.ctl, dir: dir, jobs: map[string]chan string{}}
	t.Cleanup(in.close)
	if in.port, err = freePort(); err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in.expand = strings.NewReplacer(
		"{{.Dir}}", dir, "{{.Sock}}", dir+"/s.sock", "{{.Port}}", strconv.Itoa(in.port),
		"{{.Child}}", exe+" child", "{{.Pidproxy}}", daemon.pidpxy, "{{.Sample}}", daemon.sample,
		"{{.Daemon}}", daemon.daemon, "{{.Base}}", strings.ReplaceAll(base, "{{.Dir}}", dir))
	in.env = []string{
		"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8", "HOME=" + dir, "TZ=UTC",
		"TMPDIR=" + dir + "/tmp", "TERM=dumb", "INPUTRC=/dev/null", "PYTHONDONTWRITEBYTECODE=1",
	}
	for _, e := range s.env {
		in.setenv(in.expand.Replace(e))
	}
	for _, sub := range []string{"tmp", "logs"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o777); err != nil {
			return nil, err
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	for _, f := range s.archive.Files {
		if f.Name == "script" || strings.HasPrefix(f.Name, "ours/") || strings.HasPrefix(f.Name, "theirs/") {
			continue
		}
		if err := in.write(f.Name, in.expand.Replace(string(f.Data))); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// base is the start of nearly every configuration.
const base = `[unix_http_server]
file={{.Dir}}/s.sock
[supervisorctl]
serverurl=unix://{{.Dir}}/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile={{.Dir}}/supervisord.log
pidfile={{.Dir}}/supervisord.pid
childlogdir={{.Dir}}/logs`

func (in *instance) setenv(pair string) {
	name, _, _ := strings.Cut(pair, "=")
	in.env = append(without(in.env, name), pair)
}

func without(env []string, name string) []string {
	var kept []string
	for _, e := range env {
		if !strings.HasPrefix(e, name+"=") {
			kept = append(kept, e)
		}
	}
	return kept
}

func (in *instance) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(in.dir, name)
}

// write makes a file; one that starts with #! becomes executable.
func (in *instance) write(name, text string) error {
	path, mode := in.path(name), os.FileMode(0o644)
	if strings.HasPrefix(text, "#!") {
		mode = 0o755
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), mode)
}

// command prepares a program with the environment and directory of this instance.
func (in *instance) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = in.dir, in.env
	cmd.WaitDelay = 10 * time.Second // a grandchild may hold the pipes
	return cmd
}

// limit is how long the instance waits for a condition from now on.
func (in *instance) limit() time.Duration {
	if in.timedOut {
		return impatient
	}
	return patience
}

// poll waits until done returns true, and reports whether it did.
func (in *instance) poll(done func() bool) bool {
	for deadline := time.Now().Add(in.limit()); ; {
		if done() {
			return true
		}
		if time.Now().After(deadline) {
			in.timedOut = true
			return false
		}
		<-time.After(pollEvery)
	}
}

// close ends everything that was started here: first the daemon in an orderly way, then
// whatever still has our directory in its environment or arguments.
func (in *instance) close() {
	if in.term != nil {
		in.term.close()
	}
	if in.stream != nil {
		in.stream.conn.Close()
	}
	if in.running() {
		_ = in.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-in.exited:
		case <-time.After(5 * time.Second):
		}
	}
	for in.killLeftovers() {
		<-time.After(pollEvery)
	}
	if in.cmd != nil {
		<-in.exited
	}
	if in.t.Failed() && os.Getenv("REEVE_KEEP") != "" {
		in.t.Logf("kept %s (%s)", in.dir, in.prog.name)
		return
	}
	_ = os.RemoveAll(in.dir)
}

func (in *instance) running() bool {
	if in.cmd == nil {
		return false
	}
	select {
	case <-in.exited:
		return false
	default:
		return true
	}
}

// killLeftovers kills what programs left behind, on systems with /proc, and reports
// whether it killed any.
func (in *instance) killLeftovers() (any bool) {
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range procs {
		pid, _ := strconv.Atoi(filepath.Base(p))
		if pid == os.Getpid() {
			continue
		}
		env, _ := os.ReadFile(p + "/environ")
		args, _ := os.ReadFile(p + "/cmdline")
		if bytes.Contains(env, []byte("HOME="+in.dir+"\x00")) || bytes.Contains(args, []byte(in.dir+"/")) {
			any = syscall.Kill(pid, syscall.SIGKILL) == nil || any
		}
	}
	return any
}

func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// exitText describes how a process ended.
func exitText(cmd *exec.Cmd) string {
	st, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case !ok:
		return cmd.ProcessState.String()
	case st.Signaled():
		return fmt.Sprintf("killed by %v", st.Signal())
	}
	return fmt.Sprintf("exit %d", st.ExitStatus())
}
