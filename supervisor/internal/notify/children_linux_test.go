package notify

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func init() {
	parts["send"] = playSend
	parts["below"] = playBelow
	parts["orphan"] = playOrphan
	parts["barrier"] = playBarrier
	parts["store"] = playStore
	parts["mainpid"] = func([]string) { playSend([]string{fmt.Sprintf("MAINPID=%d", os.Getpid())}) }
	parts["flood"] = playFlood
}

func dial() *net.UnixConn {
	conn, err := net.Dial("unixgram", os.Getenv("NOTIFY_SOCKET"))
	fatal(err)
	return conn.(*net.UnixConn)
}

// untilEnd waits until stdin is closed.
func untilEnd() { _, _ = io.Copy(io.Discard, os.Stdin) }

// playSend sends messages, with \0 for NUL, and stays.
func playSend(messages []string) {
	conn := dial()
	for _, m := range messages {
		_, err := conn.Write([]byte(strings.ReplaceAll(m, `\0`, "\x00")))
		fatal(err)
	}
	fmt.Println("sent")
	untilEnd()
}

// playBelow has another process play a part, and stays; with "setsid" in front, in a
// session of its own.
func playBelow(args []string) {
	attr := &syscall.SysProcAttr{}
	if args[0] == "setsid" {
		attr.Setsid = true
		args = args[1:]
	}
	cmd := exec.Command(os.Args[0], args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = os.Stdin, os.Stdout, os.Stderr, attr
	fatal(cmd.Run())
}

// playOrphan starts a process that plays a part once its parent is gone.
func playOrphan(args []string) {
	if args[0] == "grandchild" {
		for parent := os.Getppid(); os.Getppid() == parent && fmt.Sprint(parent) == args[1]; {
			time.Sleep(time.Millisecond)
		}
		parts[args[2]](args[3:])
		return
	}
	if args[0] == "between" {
		cmd := exec.Command(os.Args[0], append([]string{"orphan", "grandchild", fmt.Sprint(os.Getpid())}, args[1:]...)...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		fatal(cmd.Start())
		return
	}
	cmd := exec.Command(os.Args[0], append([]string{"orphan", "between"}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	fatal(cmd.Run())
	untilEnd()
}

func sendWith(message string, fds ...int) {
	raw, err := dial().SyscallConn()
	fatal(err)
	fatal(raw.Write(func(fd uintptr) bool {
		err = unix.Sendmsg(int(fd), []byte(message), unix.UnixRights(fds...), nil, 0)
		return err != unix.EAGAIN
	}))
	fatal(err)
}

// playBarrier sends messages and then a barrier, and says when it is passed.
func playBarrier(messages []string) {
	conn := dial()
	for _, m := range messages {
		_, err := conn.Write([]byte(m))
		fatal(err)
	}
	r, w, err := os.Pipe()
	fatal(err)
	sendWith("BARRIER=1", int(w.Fd()))
	w.Close()
	fmt.Println("sent")
	_, _ = r.Read(make([]byte, 1))
	fmt.Println("passed")
	untilEnd()
}

// playStore sends a pipe and a file to be kept, and says when nobody holds the pipe.
func playStore([]string) {
	r, w, err := os.Pipe()
	fatal(err)
	f, err := os.Open(os.Args[0])
	fatal(err)
	sendWith("FDSTORE=1\nFDNAME=x\nSTATUS=kept?", int(w.Fd()), int(f.Fd()))
	w.Close()
	_, _ = r.Read(make([]byte, 1))
	fmt.Println("closed")
	untilEnd()
}

// playFlood sends until it is ended.
func playFlood([]string) {
	conn := dial()
	fmt.Println("floods")
	go func() {
		untilEnd()
		os.Exit(0)
	}()
	for n := 0; ; n++ {
		_, err := fmt.Fprintf(conn, "STATUS=%d", n)
		fatal(err)
	}
}

// child is a running child of the test.
type child struct {
	*exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
}

// run starts the test binary in a part, as a process group leader like the daemon's
// children. At the end of the test it has ended.
func run(t testing.TB, s *Server, attr *syscall.SysProcAttr, args ...string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if attr == nil {
		attr = &syscall.SysProcAttr{}
	} else {
		exe = copied(t, exe)
	}
	attr.Setpgid = true
	c := &child{Cmd: exec.Command(exe, args...)}
	c.Env = append(Inherited(os.Environ()), Variables(s.Address(), 0)...)
	c.Env = append(c.Env, "GORACE=atexit_sleep_ms=0")
	c.Stderr, c.SysProcAttr = os.Stderr, attr
	out, err := c.StdoutPipe()
	if err == nil {
		c.stdin, err = c.StdinPipe()
	}
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	t.Cleanup(func() { c.end(t) })
	return c
}

// copied copies the test binary to where every user may execute it.
func copied(t testing.TB, exe string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary, err := os.ReadFile(exe)
	if err == nil {
		err = os.WriteFile(dir+"/test", binary, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir + "/test"
}

func (c *child) end(t testing.TB) {
	c.stdin.Close()
	if c.ProcessState == nil {
		if err := c.Wait(); err != nil {
			t.Errorf("%q: %v", c.Args[1:], err)
		}
	}
}

// says waits for a line of the child's output.
func (c *child) says(t testing.TB, want string) {
	t.Helper()
	if !c.lines.Scan() || strings.TrimSpace(c.lines.Text()) != want {
		t.Fatalf("%q says %q, not %q", c.Args[1:], c.lines.Text(), want)
	}
}
