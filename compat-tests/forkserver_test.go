package compat

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// forkServer runs the oracle's programs in forks of one Python process that has already
// imported them: see testdata/forkserver.py. Where it matters that the real executable
// runs (terminals, standard input, a daemon that stays), the steps start the executable.
type forkServer struct {
	socket string
	cmd    *exec.Cmd
	stdin  io.Closer
}

var oracleServer *forkServer

func startForkServer(dir string) (*forkServer, error) {
	s := &forkServer{socket: filepath.Join(dir, "fork.sock")}
	s.cmd = exec.Command("/usr/bin/python3", "testdata/forkserver.py", s.socket)
	s.cmd.Env = []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1"}
	s.cmd.Stderr = os.Stderr
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	s.stdin = stdin
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(patience); ; <-time.After(pollEvery) {
		if conn, err := net.Dial("unix", s.socket); err == nil {
			conn.Close()
			return s, nil
		}
		if time.Now().After(deadline) {
			s.stop()
			return nil, errors.New("the oracle's fork server does not answer")
		}
	}
}

func (s *forkServer) stop() {
	s.stdin.Close()
	_ = s.cmd.Wait()
}

// run runs cmd, whose Stdin must be nil, in place of an exec. It returns how the program
// ended, in the form of exitText.
func (s *forkServer) run(cmd *exec.Cmd) (string, error) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: s.socket, Net: "unix"})
	if err != nil {
		return "", err
	}
	defer conn.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return "", err
	}
	defer null.Close()
	files := []*os.File{null}
	copied := make(chan struct{}, 2)
	for _, to := range []io.Writer{cmd.Stdout, cmd.Stderr} {
		r, w, err := os.Pipe()
		if err != nil {
			return "", err
		}
		defer r.Close()
		defer w.Close()
		files = append(files, w)
		go func() { _, _ = io.Copy(to, r); copied <- struct{}{} }()
	}
	request, err := json.Marshal(map[string]any{"args": cmd.Args, "dir": cmd.Dir, "env": cmd.Env})
	if err != nil {
		return "", err
	}
	rights := syscall.UnixRights(int(files[0].Fd()), int(files[1].Fd()), int(files[2].Fd()))
	if _, _, err := conn.WriteMsgUnix(append(request, '\n'), rights, nil); err != nil {
		return "", err
	}
	files[1].Close()
	files[2].Close()

	reply := bufio.NewReader(conn)
	var pid, n int
	var how string
	if _, err := fmt.Fscanf(reply, "pid %d\n", &pid); err != nil {
		return "", fmt.Errorf("the fork server gave no pid: %w", err)
	}
	timer := time.AfterFunc(patience, func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	defer timer.Stop()
	if _, err := fmt.Fscanf(reply, "%s %d\n", &how, &n); err != nil {
		return "", fmt.Errorf("the fork server gave no status: %w", err)
	}
	for range 2 {
		select {
		case <-copied:
		case <-time.After(time.Second): // a grandchild holds the pipe
		}
	}
	if how == "signal" {
		return fmt.Sprintf("killed by %v", syscall.Signal(n)), nil
	}
	return fmt.Sprintf("exit %d", n), nil
}

// TestForkServerIsTheOracle checks that programs run by the fork server do what their
// executables do.
func TestForkServerIsTheOracle(t *testing.T) {
	if oracleServer == nil {
		t.Skip("no oracle, no fork server: ", oracle.why)
	}
	dir := t.TempDir()
	for _, args := range [][]string{
		{oracle.daemon, "--version"},
		{oracle.daemon, "--bogus"},
		{oracle.daemon, "-n", "-c", "/nonexistent"},
		{oracle.ctl, "-h"},
		{oracle.ctl, "-s", "unix://" + dir + "/none.sock", "-c", os.DevNull, "status"},
		{oracle.ctl, "-s", "unix://" + dir + "/none.sock", "reread"},
	} {
		var want, got strings.Builder
		run := func(w *strings.Builder) *exec.Cmd {
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Dir, cmd.Env = dir, []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + dir}
			cmd.Stdout, cmd.Stderr = w, w
			return cmd
		}
		cmd := run(&want)
		_ = cmd.Run()
		ended, err := oracleServer.run(run(&got))
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() || ended != exitText(cmd) {
			t.Errorf("%q: fork server %s\n%s\nexecutable %s\n%s", args, ended, got.String(), exitText(cmd), want.String())
		}
	}
}
