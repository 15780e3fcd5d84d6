package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Go can't fork. So the daemon is a second execution of this program, with the same arguments, while the first one waits: it
// leaves with status 0 when the other says that its sockets are open and its pid written, or with the status of its failure.
// Until then the other has the terminal, so that what it has to say is seen (checklist 108, 114).

// readyWord is what the daemon says to the process that waits.
const readyWord = "ready\n"

// daemonize starts the second execution and waits for it. The result is the exit status.
func daemonize(argv []string, st *stage) int {
	status, err := runDaemon(ownBinary(), argv, st)
	if err != nil {
		return usage(argv[0], fmt.Errorf("cannot daemonize: %w", err))
	}
	return status
}

func runDaemon(binary string, argv []string, st *stage) (status int, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	const first = 3 // of ExtraFiles
	cmd := &exec.Cmd{
		Path: binary, Args: argv, Env: st.next(handed{Parent: first}), ExtraFiles: []*os.File{w},
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return 0, err
	}
	if word, _ := io.ReadAll(r); string(word) == readyWord {
		return exitOK, nil
	}
	// It ended, or will at once: it closes the pipe without a word only by its exit.
	var failed *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &failed) && failed.ExitCode() > 0 {
		return failed.ExitCode(), nil
	} else if err != nil {
		return 0, err
	}
	return exitOK, nil
}

// ownBinary is the running binary, even if its file was replaced.
func ownBinary() string {
	if _, err := os.Stat("/proc/self/exe"); err == nil {
		return "/proc/self/exe"
	}
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}
