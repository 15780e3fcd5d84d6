package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSuspendAtPrompt: Ctrl-Z stops the shell and restores the terminal, also when a line
// is half typed; in the foreground again, the shell continues with that line.
func TestSuspendAtPrompt(t *testing.T) {
	t.Parallel()
	for _, who := range peers(t) {
		for _, terminal := range []string{"xterm", "dumb"} {
			t.Run(who.name+"/"+terminal, func(t *testing.T) {
				t.Parallel()
				term := underShell(t, who.command(t, newFake(t, world()).url), terminal)
				term.send("versi")
				term.see("> versi")
				term.send("\x1a")
				term.see("\nback$ ")
				// The terminal mode is the one from before the shell.
				term.send("stty -a | grep -o ' -*icanon' | tr -d ' '\r")
				term.see("\nicanon\nback$ ")
				term.send("fg\r")
				// Upstream keeps the line but does not show it again.
				if who.name == "ours" {
					term.see("\nsupervisor> versi")
				}
				term.send("on\r")
				term.see("4.2.5\nsupervisor>")
				term.send("\x1a")
				term.see("\nback$ ")
				term.send("fg\r")
				if who.name == "ours" {
					term.see("\nsupervisor>")
				}
				term.send("quit\r")
				term.see("\nback$ ")
				term.send("exit\r")
				term.end()
			})
		}
	}
}

// underShell runs cmd under an interactive shell with job control.
func underShell(t *testing.T, cmd *exec.Cmd, terminal string) *terminal {
	t.Helper()
	const bash = "/bin/bash"
	if _, err := os.Stat(bash); err != nil {
		t.Skip("no shell with job control here: ", err)
	}
	start := filepath.Join(cmd.Dir, "start")
	rc := filepath.Join(cmd.Dir, "rc")
	for name, text := range map[string]string{
		start: "#!/bin/sh\nexec '" + strings.Join(cmd.Args, "' '") + "'\n",
		rc:    "PS1='back$ '\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	shell := exec.Command(bash, "--noprofile", "--noediting", "--rcfile", rc, "-i")
	shell.Dir, shell.Env = cmd.Dir, append(cmd.Env, "TERM="+terminal, "HISTFILE=/dev/null")
	term := openTerminal(t, shell)
	term.see("back$ ")
	term.send("./start\r")
	term.see("\nsupervisor>")
	return term
}

// TestQuitAtPrompt: Ctrl-\ and other fatal signals end the shell and restore the
// terminal.
func TestQuitAtPrompt(t *testing.T) {
	t.Parallel()
	for _, who := range peers(t) {
		for name, end := range map[string]func(p *terminal){
			"quit": func(p *terminal) { p.send("pid\x1c") },
			"term": func(p *terminal) { p.send("kill"); p.see("> kill"); p.signalChild(syscall.SIGTERM) },
		} {
			t.Run(who.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				term := underShell(t, who.command(t, newFake(t, world()).url), "xterm")
				end(term)
				term.see("back$ ")
				term.send("echo =$?; stty -a | grep -o ' -*echo ' | tr -d ' '\r")
				want := map[string]string{"quit": "=131\n", "term": "=143\n"}[name] + "echo\nback$ "
				term.see(want)
				term.send("exit\r")
				screen, _ := term.end()
				if strings.Contains(screen, "goroutine") {
					t.Errorf("stacks:\n%s", screen)
				}
			})
		}
	}
}

// signalChild sends a signal to the foreground process of the shell.
func (p *terminal) signalChild(sig syscall.Signal) {
	p.t.Helper()
	group, err := foregroundGroup(p.file)
	if err == nil {
		err = syscall.Kill(-group, sig)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func foregroundGroup(terminal *os.File) (int, error) {
	return unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
}

// TestNoPassword: Ctrl-D in place of a password ends the login and returns to the shell.
func TestNoPassword(t *testing.T) {
	t.Parallel()
	for _, who := range peers(t) {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, world())
			f.auth = "me:secret"
			term := openTerminal(t, who.command(t, f.url))
			term.see("Username:")
			term.send("me\r")
			term.see("Password:")
			term.send("\x04")
			term.see("\nsupervisor>")
			term.send("\x04")
			got, exit := term.end()
			const want = "Server requires authentication\nUsername:me\nPassword:error: <class 'EOFError'>, : file: "
			if !strings.HasPrefix(got, want) || exit != 0 {
				t.Errorf("status %d, screen:\n%s", exit, got)
			}
		})
	}
}
