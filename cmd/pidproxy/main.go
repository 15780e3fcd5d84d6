// Command pidproxy runs a program that puts itself into the background and writes a
// pidfile, so that supervisord has a foreground process to watch. Each signal that
// pidproxy gets is sent to the process named in the pidfile (fact 294).
package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func main() { os.Exit(run(os.Args, os.Stdout, os.Stderr)) }

const usage = `pidproxy -- run a command and pass signals on to the process in its pidfile.

The command is started as it is given. From then on, each signal that arrives
here (TERM, HUP, INT, USR1, USR2, QUIT) is sent to the process whose id the
pidfile holds at that moment.

Usage: %s <pidfile name> <command> [<cmdarg1> ...]

`

// run starts the command, passes signals on until the command ends, and returns the exit
// status: 0 whatever the command's was, as upstream does; 1 for wrong usage, or for a
// process that could not be signalled when the signal is to end pidproxy.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) < 3 {
		fmt.Fprintf(stdout, usage, args[0])
		return 1
	}
	pidfile, command := args[1], args[2:]
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGQUIT)
	ended, err := start(command)
	if err != nil {
		fmt.Fprintf(stderr, "cannot start %s: %v\n", command[0], err)
		return 0
	}
	for {
		select {
		case <-ended:
			return 0
		case sig := <-signals:
			if status, end := pass(sig.(syscall.Signal), pidfile, stdout, stderr); end {
				return status
			}
		}
	}
}

// start runs command without searching PATH: its path is relative to the current
// directory, its name stays as given. The channel is closed when the command has ended.
// The command ignores SIGPIPE and SIGXFSZ, as every child of supervisord does: a write
// after supervisord has closed the pipe is then an error and does not cut short what the
// program does when it stops.
func start(command []string) (ended <-chan struct{}, err error) {
	signal.Ignore(syscall.SIGPIPE, syscall.SIGXFSZ)
	path, err := filepath.Abs(command[0])
	if err != nil {
		return nil, err
	}
	child, err := os.StartProcess(path, command, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		_, _ = child.Wait()
		close(done)
	}()
	return done, nil
}

// pass sends sig to the process in the pidfile and reports whether pidproxy is to end:
// TERM, INT and QUIT end it, unless the pidfile cannot be read.
func pass(sig syscall.Signal, pidfile string, stdout, stderr io.Writer) (status int, end bool) {
	ends := sig == syscall.SIGTERM || sig == syscall.SIGINT || sig == syscall.SIGQUIT
	data, err := os.ReadFile(pidfile)
	pid, convErr := strconv.Atoi(strings.TrimSpace(string(data)))
	// Pid 1 is init; 0 and negative numbers are whole process groups.
	if err != nil || convErr != nil || pid < 2 {
		fmt.Fprintf(stdout, "Can't read child pidfile %s!\n", pidfile)
		return 0, false
	}
	if err := syscall.Kill(pid, sig); err != nil {
		fmt.Fprintf(stderr, "cannot send %v to process %d: %v\n", sig, pid, err)
		return 1, ends
	}
	return 0, ends
}
