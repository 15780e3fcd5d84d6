package keeper

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The test binary plays the keeper, its daemons and their programs: which of them, its
// variable says. The daemons do what the test writes to the keeper's stdin, a line at a
// time, and answer on its stdout.

const roleVariable = "REEVE_KEEPER_TEST"

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(roleVariable)]
	if !ok {
		os.Exit(m.Run())
	}
	os.Exit(role())
}

var roles map[string]func() int

func init() {
	roles = map[string]func() int{
		"keeper": playKeeper, "daemon": playDaemon, "again": playDaemon, "deaf": playDeaf, "program": playProgram, "parent": playParent,
	}
}

// forever is how long a role waits that nobody ends.
const forever = 5 * time.Minute

// playKeeper runs a keeper; its arguments are what is different: kill, deaf, failing.
func playKeeper() int {
	has := func(word string) bool { return slices.Contains(os.Args[1:], word) }
	status, err := Run(Options{
		Kill: has("kill"),
		Log:  func(line string, last bool) { fmt.Printf("log %q %v\n", line, last) },
		Start: func(socket *os.File, program int, again bool) (int, error) {
			role := "daemon"
			switch {
			case has("failing"):
				return 0, errors.New("no")
			case again && has("deaf"):
				role = "deaf"
			case again:
				role = "again"
			}
			fmt.Printf("start again=%v program=%v\n", again, program >= 0)
			return syscall.ForkExec("/proc/self/exe", os.Args[:1], &syscall.ProcAttr{
				Env: []string{roleVariable + "=" + role}, Files: []uintptr{0, 1, 2, socket.Fd()}, Sys: &syscall.SysProcAttr{Setpgid: true},
			})
		},
	})
	if err != nil {
		fmt.Println("error:", err)
		return 99
	}
	return status
}

// playDeaf is a daemon that does not even read what is held.
func playDeaf() int {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	fmt.Println("deaf", os.Getpid())
	<-c
	return 4
}

func playDaemon() int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, passed...)
	c, held, err := Connect(3, false)
	if err != nil {
		fmt.Println("connect:", err)
		return 98
	}
	go func() {
		for sig := range signals {
			fmt.Println("signal", sig)
		}
	}()
	var all []string
	for _, h := range held {
		text := make([]byte, 100)
		n, _ := unix.Pread(h.FD, text, 0)
		all = append(all, fmt.Sprintf("%d/%d/%d=%s", h.Tag.Class, h.Tag.Place, h.Tag.Owner, text[:max(n, 0)]))
	}
	slices.Sort(all)
	fmt.Printf("daemon %d keeper=%v died=%q held=%v\n", os.Getpid(), c.Pid() == os.Getppid(), c.Died(), all)
	go watch(c)
	for {
		words := strings.Fields(readLine())
		if len(words) == 0 {
			return 97 // the test is over
		}
		if words[0] == "exit" {
			return int(number(words[1]))
		}
		if words[0] == "handover" {
			fd, err := c.HandOver()
			if err == nil {
				c, _, err = Connect(fd, true)
			}
			go watch(c)
			arrive(c)
			fmt.Println("done", err)
			continue
		}
		orders[words[0]](c, words[1:])
		switch words[0] {
		case "run", "fds": // they have another answer
			continue
		case "leave":
		default:
			arrive(c)
		}
		fmt.Println("done <nil>")
	}
}

// arrive waits until the keeper has handled what was posted, or is gone.
func arrive(c *Client) {
	r, w, err := os.Pipe()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	_ = c.Hold(Tag{}, int(w.Fd())) // which the keeper closes with that of the next call
	c.Drop(0, 0)
	_ = w.Close()
	_, _ = r.Read(make([]byte, 1))
}

func watch(c *Client) {
	for {
		select {
		case e := <-c.Ended():
			fmt.Println("ended", e.Pid, describe(e.Status))
		case <-c.Short():
			fmt.Println("short")
		case <-c.Gone():
			fmt.Println("gone")
			return
		case <-c.stop:
			return
		}
	}
}

var orders = map[string]func(c *Client, args []string){
	"hold": func(c *Client, args []string) {
		fd, err := unix.MemfdCreate("held", unix.MFD_CLOEXEC)
		if err == nil {
			_, err = unix.Write(fd, []byte(args[3]))
			err = errors.Join(err, c.Hold(tagOf(args), fd))
			_ = unix.Close(fd)
		}
		if err != nil {
			fmt.Println(err)
		}
	},
	"many": func(c *Client, args []string) {
		for i := range number(args[0]) {
			if err := c.Hold(Tag{Pipe, 1, i}, 0); err != nil {
				fmt.Println(err)
			}
		}
	},
	"drop": func(c *Client, args []string) {
		c.Drop(Class(number(args[0])), number(args[1]))
	},
	"told":  func(c *Client, args []string) { c.Told(int(number(args[0]))) },
	"serve": func(c *Client, _ []string) { c.Serving() },
	"leave": func(c *Client, _ []string) { c.Leave() },
	// fds says how many descriptors this process has, and the keeper.
	"fds": func(c *Client, _ []string) { fmt.Println("fds", countFDs(os.Getpid()), countFDs(c.Pid())) },
	// run runs a program, which says its pid; with another argument it has our end of the
	// socket, as a child has that hangs before it executes its program.
	"run": func(c *Client, args []string) {
		files := []uintptr{0, 1, 2}
		if len(args) > 1 {
			fd, _ := c.wire.duplicate()
			defer func() { _ = unix.Close(fd) }()
			files = append(files, uintptr(fd))
		}
		_, err := syscall.ForkExec("/proc/self/exe", os.Args[:1], &syscall.ProcAttr{
			Env: []string{roleVariable + "=" + args[0]}, Files: files, Sys: &syscall.SysProcAttr{Setpgid: true},
		})
		if err != nil {
			fmt.Println(err)
		}
	},
}

func tagOf(args []string) Tag {
	return Tag{Class(number(args[0])), uint8(number(args[1])), number(args[2])}
}

func countFDs(pid int) int {
	all, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(all)
}

func number(s string) (n uint64) {
	_, _ = fmt.Sscan(s, &n)
	return n
}

// readLine reads no more than a line: the rest is for the daemon that follows.
func readLine() string {
	var line []byte
	for b := make([]byte, 1); ; {
		if n, err := os.Stdin.Read(b); n == 0 || err != nil || b[0] == '\n' {
			return string(line)
		}
		line = append(line, b[0])
	}
}

// playProgram ends with status 3 after USR1.
func playProgram() int {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	fmt.Println("program", os.Getpid())
	select {
	case <-c:
	case <-time.After(forever):
	}
	return 3
}

// playParent leaves a program in a session of its own to whoever takes orphans.
func playParent() int {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env, cmd.Stdout, cmd.SysProcAttr = []string{roleVariable + "=program"}, os.Stdout, &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
	}
	return 0
}

// kept is a keeper under test, with its daemons.
type kept struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    *os.File
	lines chan string
	seen  []string
}

func startKeeper(t *testing.T, args ...string) *kept {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	k := &kept{t: t, in: w, lines: make(chan string, 1000)}
	k.cmd = exec.Command("/proc/self/exe", args...)
	k.cmd.Env, k.cmd.Stdin, k.cmd.Stderr = []string{roleVariable + "=keeper"}, r, os.Stderr
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := k.cmd.StdoutPipe()
	if err == nil {
		err = k.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for s := bufio.NewScanner(out); s.Scan(); {
			k.lines <- s.Text()
		}
		close(k.lines)
	}()
	t.Cleanup(func() {
		_ = w.Close()
		for _, pid := range k.pids() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		_ = k.cmd.Process.Kill()
		<-ended // nobody has its stdout any more
		_ = k.cmd.Wait()
	})
	return k
}

// pids are those that were reported, of daemons and programs.
func (k *kept) pids() (all []int) {
	for _, line := range k.seen {
		words := strings.Fields(line)
		if len(words) > 1 && slices.Contains([]string{"daemon", "deaf", "program"}, words[0]) {
			all = append(all, int(number(words[1])))
		}
	}
	return all
}

// next returns the next line.
func (k *kept) next() string {
	k.t.Helper()
	select {
	case line, ok := <-k.lines:
		if !ok {
			return "EOF"
		}
		k.seen = append(k.seen, line)
		return line
	case <-time.After(30 * time.Second):
		k.t.Fatalf("nothing follows %q", k.seen)
		return ""
	}
}

// await returns the next line that begins with a text.
func (k *kept) await(begin string) string {
	k.t.Helper()
	for {
		line := k.next()
		if strings.HasPrefix(line, begin) {
			return line
		}
		if line == "EOF" {
			k.t.Fatalf("no %q in %q", begin, k.seen)
		}
	}
}

// do gives an order and waits until it is carried out.
func (k *kept) do(order string) {
	k.t.Helper()
	k.say(order)
	if line := k.await("done"); line != "done <nil>" {
		k.t.Fatalf("%s: %s", order, line)
	}
}

func (k *kept) say(order string) {
	k.t.Helper()
	if _, err := fmt.Fprintln(k.in, order); err != nil {
		k.t.Fatal(err)
	}
}

// daemon waits for the next daemon, and returns its pid and what it has said.
func (k *kept) daemon() (pid int, said string) {
	k.t.Helper()
	line := k.await("daemon ")
	_, said, _ = strings.Cut(line, " keeper=true ")
	return int(number(strings.Fields(line)[1])), said
}

// program has the daemon run a program, and returns its pid.
func (k *kept) program(role string) int {
	k.t.Helper()
	k.say("run " + role)
	return int(number(strings.Fields(k.await("program "))[1]))
}

// end waits for the end of the keeper.
func (k *kept) end() (status int) {
	k.t.Helper()
	for k.next() != "EOF" {
	}
	_ = k.cmd.Wait()
	return k.cmd.ProcessState.ExitCode()
}

func kill(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
}
