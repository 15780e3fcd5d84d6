package main

import (
	"bufio"
	"os/exec"
	"syscall"
	"testing"
)

// TestIgnoredSignalsStayIgnored: in a script, `supervisorctl tail -f cat &` has SIGINT
// and SIGQUIT ignored, so Ctrl-C on the script's terminal does not end it.
func TestIgnoredSignalsStayIgnored(t *testing.T) {
	t.Parallel()
	for _, who := range peers(t) {
		t.Run(who.name, func(t *testing.T) {
			t.Parallel()
			f := newStreamer(t)
			f.follow = make(chan string)
			tail := who.command(t, f.url, "tail", "-f", "cat")
			cmd := exec.Command("/bin/sh", append([]string{"-c", `trap '' INT QUIT; exec "$@"`, "sh"}, tail.Args...)...)
			cmd.Env, cmd.Dir = append(tail.Env, "PYTHONUNBUFFERED=1"), tail.Dir
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Skip("no shell here: ", err)
			}
			defer func() { _ = cmd.Process.Kill() }()
			lines := bufio.NewReader(out)
			see := func(text string) {
				t.Helper()
				if line, err := lines.ReadString('\n'); line != text+"\n" {
					t.Fatalf("read %q, %v, want %q", line, err, text)
				}
			}
			see(pressCtrlC)
			f.follow <- "\n"
			see("some output")
			for _, text := range []string{"one", "two", "three"} {
				for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
					if err := cmd.Process.Signal(sig); err != nil {
						t.Fatal(err)
					}
				}
				f.follow <- text + "\n"
				see(text)
			}
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGTERM {
				t.Errorf("ended with %v, want SIGTERM's end", cmd.ProcessState)
			}
		})
	}
}
