package compat

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// children are the programs that the scripts run: {{.Child}} NAME ARGS. Each writes
// "ready" once its signal handlers are in place.
var children map[string]func(args []string) int

func init() {
	children = map[string]func([]string) int{
		"ignore":  childIgnore,
		"slow":    childSlow,
		"exit-on": childExitOn,
		"chatty":  childChatty,
		"say":     childSay,
		"fork":    childFork,
		"echo":    childEcho,
		"abort":   childAbort,
		"flaky":   childFlaky,
		"listen":  childListen,
		"puppet":  childPuppet,
		"deaf":    childDeaf,
		"serve":   childServe,
		"accept":  childAccept,
		"server":  childServer,
		"actor":   childActor,
		"ear":     childEar,
		"leave":   childLeave,
		"notify":  childNotify,
		"count":   childCount,
		"mark":    childMark,
		"tree":    childTree,
		"pool":    childPool,
	}
}

func child(args []string) int {
	if len(args) == 0 || children[args[0]] == nil {
		fmt.Fprintln(os.Stderr, "no such child", args)
		return 99
	}
	return children[args[0]](args[1:])
}

// forever is how long a child runs if nothing ends it, so that a forgotten one does not
// stay.
const forever = 10 * time.Minute

func linger() int {
	<-time.After(forever)
	return 98
}

// childIgnore ignores the named signals and TERM; only KILL ends it.
func childIgnore(names []string) int {
	for _, name := range append(names, "TERM") {
		signal.Ignore(signalNamed(name))
	}
	fmt.Println("ready")
	return linger()
}

func signalNamed(name string) os.Signal {
	return map[string]syscall.Signal{
		"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT,
		"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2,
	}[name]
}

// childSlow names each signal it gets on stdout; after TERM it ends with status args[1]
// once the file args[0] exists.
func childSlow(args []string) int {
	c := make(chan os.Signal, 16)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGINT, syscall.SIGQUIT)
	fmt.Println("ready")
	for sig := range c {
		fmt.Println("got", map[os.Signal]string{
			syscall.SIGTERM: "TERM", syscall.SIGHUP: "HUP", syscall.SIGUSR1: "USR1",
			syscall.SIGUSR2: "USR2", syscall.SIGINT: "INT", syscall.SIGQUIT: "QUIT",
		}[sig])
		if sig == syscall.SIGTERM && len(args) > 0 {
			go func() { os.Exit(exitWhen(args)) }()
		}
	}
	return 97
}

// exitWhen waits for the file args[0], removes it, then returns the status args[1].
func exitWhen(args []string) int {
	status := 0
	if len(args) > 1 {
		status, _ = strconv.Atoi(args[1])
	}
	for deadline := time.Now().Add(forever); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		if os.Remove(args[0]) == nil {
			return status
		}
	}
	return 98
}

// childExitOn FILE STATUS ends with the status once the file exists.
func childExitOn(args []string) int {
	fmt.Println("ready")
	return exitWhen(args)
}

// childChatty LINES SIZE writes that many numbered lines of that size, then lingers.
func childChatty(args []string) int {
	lines, _ := strconv.Atoi(args[0])
	size, _ := strconv.Atoi(args[1])
	for i := range lines {
		line := fmt.Sprintf("%06d ", i)
		line += strings.Repeat("x", max(0, size-len(line)-1))
		fmt.Println(line)
	}
	return linger()
}

// childSay writes its arguments, each Go-unquoted, to stdout, or those after -e to
// stderr, and then lingers; with -x N it ends with status N instead.
func childSay(args []string) int {
	out := os.Stdout
	for i, a := range args {
		switch a {
		case "-e":
			out = os.Stderr
			continue
		case "-x":
			status, _ := strconv.Atoi(args[i+1])
			return status
		}
		text, err := strconv.Unquote(`"` + a + `"`)
		if err != nil {
			text = a
		}
		_, _ = out.WriteString(text)
	}
	return linger()
}

// childFork PIDFILE starts a grandchild that lingers, writes the grandchild's pid to the
// file and lingers too.
func childFork(args []string) int {
	exe, err := os.Executable()
	if err != nil {
		return 96
	}
	cmd := exec.Command(exe, "child", "exit-on", args[0]+".end", "0")
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
		return 96
	}
	if err := os.WriteFile(args[0], fmt.Appendln(nil, cmd.Process.Pid), 0o644); err != nil {
		return 96
	}
	fmt.Println("ready")
	return linger()
}

// childEcho writes each line of stdin to stdout, and "end" at end of file.
func childEcho([]string) int {
	fmt.Println("ready")
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 8<<20)
	for in.Scan() {
		fmt.Printf("%q\n", in.Text())
		if in.Text() == "quit" {
			return 0
		}
	}
	fmt.Println("end")
	return linger()
}

// childLeave joins its parent's process group, which leaves its own empty. It ends with
// status 0 once the file args[0] exists.
func childLeave(args []string) int {
	pgid, err := syscall.Getpgid(os.Getppid())
	if err == nil {
		err = syscall.Setpgid(0, pgid)
	}
	if err != nil {
		fmt.Println(err)
		return 96
	}
	fmt.Println("ready")
	return exitWhen(args)
}

// childAbort kills itself with the signal args[0] once the file args[1] exists.
func childAbort(args []string) int {
	fmt.Println("ready")
	exitWhen(args[1:])
	sig := signalNamed(args[0])
	signal.Reset(sig)
	_ = syscall.Kill(os.Getpid(), sig.(syscall.Signal))
	return linger()
}

// childFlaky FILE fails at once until the file exists; then it stays.
func childFlaky(args []string) int {
	if _, err := os.Stat(args[0]); err != nil {
		fmt.Fprintln(os.Stderr, "not yet")
		return 1
	}
	fmt.Println("ready")
	return linger()
}
