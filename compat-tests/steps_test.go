package compat

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// steps is the script language. A step writes what it saw; an error is a mistake in the
// script, not a difference.
var steps map[string]func(in *instance, w *strings.Builder, args []string) error

func init() {
	steps = map[string]func(*instance, *strings.Builder, []string) error{
		// The daemon. start [ARGS] (default -n -c supervisord.conf) returns once the
		// pidfile is written or the daemon has ended; stop is TERM and wait exit.
		"start": stepStart, "signal": stepSignal, "stop": stepStop,
		// supervisord ARGS, conf 'LINE | LINE', check FILE: run to its end (or, if it
		// starts, to the pidfile and then TERM) and show stdout, stderr and status.
		"supervisord": stepSupervisord, "conf": stepConf,
		// ctl ARGS: supervisorctl with the instance's config; ctl-raw: without;
		// ctl-sorted: with its lines sorted, where they come in the order of completion;
		// ctl-in TEXT ARGS: with this input.
		"ctl": stepCtl, "ctl-sorted": stepCtlSorted, "ctl-raw": stepCtlRaw, "ctl-in": stepCtlIn, "run": stepRun,
		// rpc METHOD ARGS: values as JSON, else strings. post BODY: a raw call.
		"rpc": stepRPC, "post": stepPost, "kolo": stepKolo,
		// rpc-sorted: with an array's items sorted, where they come in the order of
		// completion.
		"rpc-sorted": stepRPCSorted,
		// config NAME…: the processes' entries of getAllConfigInfo; info NAME…: of
		// getAllProcessInfo.
		"config": stepConfig, "info": stepInfo,
		"http": stepHTTP, "raw": stepRaw, "stream": stepStream,
		// page PATH: what a page says.
		"page": stepPage,
		// dial URL: connect, show what the server sends.
		"dial": stepDial,
		// bg NAME STEP…, join NAME: a step that takes its time, beside others.
		"bg": stepBg, "join": stepJoin,
		"wait": stepWait, "kill": stepKill,
		"log": stepLog, "logset": stepLogSet, "logmark": stepLogMark,
		// events FILE N: the events that a listener has recorded; say FILE TEXT: text
		// that a puppet is to write.
		"events": stepEvents, "say": stepSay,
		// lines FILE [REGEXP…]: its lines that match one, sorted; bytes FILE: its lines,
		// quoted. sub FILE REGEXP TEXT…: replacements, as with an editor.
		"lines": stepLines, "bytes": stepBytes, "sub": stepSub,
		"file": stepFile, "ls": stepLs, "stat": stepStat,
		"write": stepWrite, "append": stepAppend, "rm": stepRm, "mv": stepMv, "mkdir": stepMkdir, "chmod": stepChmod, "cp": stepCp,
		"env": stepEnv, "unenv": stepUnenv,
		// under COMMANDS: shell commands that run before the shell becomes the daemon, at
		// the next starts.
		"under": stepUnder,
		// syslog: a stand-in for the system's log, on DIR/devlog.
		"pty": stepPty, "syslog": stepSyslog,
		// look: wait until nothing moves, show what has changed. tell GROUP:NAME ORDER:
		// an order to an actor. when NAME STATE,STATE STEP…: only in these states. reborn
		// STEP…: a step that restarts the daemon.
		"look": stepLook, "tell": stepTell, "when": stepWhen, "reborn": stepReborn,
	}
}

// do runs one step and returns its normalised output.
func (in *instance) do(st step) (string, error) {
	run := steps[st.words[0]]
	if run == nil {
		return "", fmt.Errorf("line %d: no step %q", st.line, st.words[0])
	}
	args := make([]string, len(st.words)-1)
	for i, w := range st.words[1:] {
		args[i] = in.expand.Replace(w)
	}
	var w strings.Builder
	if err := run(in, &w, args); err != nil {
		return "", fmt.Errorf("line %d: %s: %w", st.line, st.text, err)
	}
	text := in.normal(w.String())
	for _, m := range st.mask {
		text = m.apply(text)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text, nil
}

func stepStart(in *instance, w *strings.Builder, args []string) error {
	if in.running() {
		return fmt.Errorf("it is running")
	}
	if len(args) == 0 {
		args = []string{"-n", "-c", in.path("supervisord.conf")}
	}
	in.logMark = 0
	cmd := in.command(in.prog.daemon, args...)
	if in.under != "" {
		cmd = in.command("/bin/sh", append([]string{"-c", in.under + `; exec "$0" "$@"`, in.prog.daemon}, args...)...)
	}
	var err error
	if cmd.Stdout, err = in.create("daemon.out"); err != nil {
		return err
	}
	if cmd.Stderr, err = in.create("daemon.err"); err != nil {
		return err
	}
	if in.script.pipes {
		// A writer that is not an *os.File is fed from a pipe, up to its end before Wait
		// returns.
		cmd.Stdout, cmd.Stderr = struct{ io.Writer }{cmd.Stdout}, struct{ io.Writer }{cmd.Stderr}
	}
	remove(in.path("supervisord.pid"))
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	in.cmd, in.exited, in.pids = cmd, exited, append(in.pids, cmd.Process.Pid)
	if in.script.awake && in.prog.name == "oracle" {
		go in.keepAwake(exited)
	}
	failed := func() bool { return !in.running() && !cmd.ProcessState.Success() }
	if !in.poll(func() bool { return failed() || in.pidfile() > 0 }) {
		w.WriteString("TIMEOUT: no pidfile\n")
	}
	if failed() {
		return fmt.Errorf("it did not come up: %s\n%s", exitText(in.cmd), in.read("daemon.err"))
	}
	return nil
}

func stepSignal(in *instance, w *strings.Builder, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("signal NAME")
	}
	sig := unix.SignalNum("SIG" + args[0])
	if sig == 0 || in.cmd == nil {
		return fmt.Errorf("no such signal, or no daemon")
	}
	if err := in.cmd.Process.Signal(sig); err != nil || sig != syscall.SIGSTOP {
		return err
	}
	// Until all threads have stopped a signal may still be handled.
	if !in.poll(func() bool { return stopped(in.cmd.Process.Pid) }) {
		w.WriteString("TIMEOUT: the daemon has not stopped\n")
	}
	return nil
}

// stopped reports whether all threads of a process are stopped, as far as that can be
// seen.
func stopped(pid int) bool {
	stats, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, stat := range stats {
		data, _ := os.ReadFile(stat)
		if _, state, ok := strings.Cut(string(data), ") "); ok && !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return true
}

func stepStop(in *instance, w *strings.Builder, _ []string) error {
	if in.cmd == nil {
		return fmt.Errorf("not started")
	}
	_ = in.cmd.Process.Signal(syscall.SIGTERM)
	return in.awaitExit(w)
}

func (in *instance) awaitExit(w *strings.Builder) error {
	if !in.poll(func() bool { return !in.running() }) {
		w.WriteString("TIMEOUT: the daemon has not ended\n")
		return nil
	}
	fmt.Fprintln(w, exitText(in.cmd))
	return nil
}

// show runs a command to its end and writes all that can be seen of it.
func (in *instance) show(w *strings.Builder, cmd *exec.Cmd) error {
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	ended, err := in.finish(cmd)
	if err != nil {
		return err
	}
	w.WriteString(endLine(out.String()))
	for line := range strings.Lines(errs.String()) {
		w.WriteString("stderr: " + endLine(line))
	}
	fmt.Fprintln(w, ended)
	return nil
}

// finish runs a command to its end, the oracle's programs in the fork server, and returns
// how it ended.
func (in *instance) finish(cmd *exec.Cmd) (string, error) {
	if oracleServer != nil && cmd.Stdin == nil && (cmd.Path == oracle.ctl || cmd.Path == oracle.daemon) {
		return oracleServer.run(cmd)
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait()
	return exitText(cmd), nil
}

// endLine makes the lack of a final newline visible.
func endLine(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\\ no newline\n"
}

// stepSupervisord runs our or their supervisord with ARGS. If it starts, it is ended as
// soon as its pidfile exists.
func stepSupervisord(in *instance, w *strings.Builder, args []string) error {
	remove(in.path("supervisord.pid"))
	cmd := in.command(in.prog.daemon, args...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = in.show(w, cmd)
	}()
	up := false
	in.poll(func() bool {
		select {
		case <-done:
			return true
		default:
		}
		if pid := in.pidfile(); pid > 0 && !up {
			up = true
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
		return false
	})
	<-done
	if up {
		w.WriteString("(it came up)\n")
	}
	return nil
}

// stepConf starts the daemon with a config given as one line, " | " between its lines. In
// a line that should start with spaces they are preceded by >.
func stepConf(in *instance, w *strings.Builder, args []string) error {
	var text strings.Builder
	for line := range strings.SplitSeq(args[0], " | ") {
		text.WriteString(strings.TrimPrefix(line, ">") + "\n")
	}
	if err := in.write("t.conf", text.String()); err != nil {
		return err
	}
	return stepSupervisord(in, w, append([]string{"-n", "-s", "-c", in.path("t.conf"), "-j", in.path("supervisord.pid"), "-l", in.path("t.log")}, args[1:]...))
}

func stepCtl(in *instance, w *strings.Builder, args []string) error {
	return stepCtlRaw(in, w, append([]string{"-c", in.path("supervisord.conf")}, args...))
}

func stepCtlSorted(in *instance, w *strings.Builder, args []string) error {
	var out strings.Builder
	if err := stepCtl(in, &out, args); err != nil {
		return err
	}
	lines := slices.Sorted(strings.Lines(out.String()))
	w.WriteString(strings.Join(lines, ""))
	return nil
}

func stepCtlRaw(in *instance, w *strings.Builder, args []string) error {
	return in.show(w, in.command(in.ctl, args...))
}

// stepCtlIn runs supervisorctl with the given standard input: ctl-in TEXT ARGS.
func stepCtlIn(in *instance, w *strings.Builder, args []string) error {
	cmd := in.command(in.ctl, append([]string{"-c", in.path("supervisord.conf")}, args[1:]...)...)
	cmd.Stdin = strings.NewReader(args[0])
	return in.show(w, cmd)
}

// stepRun runs any program of the system.
func stepRun(in *instance, w *strings.Builder, args []string) error {
	return in.show(w, in.command(args[0], args[1:]...))
}

func stepBg(in *instance, _ *strings.Builder, args []string) error {
	run := steps[args[1]]
	if run == nil || in.jobs[args[0]] != nil {
		return fmt.Errorf("no step %q, or job %q is under way", args[1], args[0])
	}
	done := make(chan string, 1)
	in.jobs[args[0]] = done
	go func() {
		var w strings.Builder
		if err := run(in, &w, args[2:]); err != nil {
			fmt.Fprintln(&w, "ERROR:", err)
		}
		done <- w.String()
	}()
	return nil
}

func stepJoin(in *instance, w *strings.Builder, args []string) error {
	done := in.jobs[args[0]]
	if done == nil {
		return fmt.Errorf("no such job")
	}
	delete(in.jobs, args[0])
	select {
	case text := <-done:
		w.WriteString(text)
	case <-time.After(patience):
		w.WriteString("TIMEOUT\n")
	}
	return nil
}

func stepEnv(in *instance, _ *strings.Builder, args []string) error {
	in.setenv(args[0])
	return nil
}

func stepUnder(in *instance, _ *strings.Builder, args []string) error {
	in.under = args[0]
	return nil
}

func stepUnenv(in *instance, _ *strings.Builder, args []string) error {
	in.env = without(in.env, args[0])
	return nil
}
