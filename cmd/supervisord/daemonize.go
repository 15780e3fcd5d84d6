package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Go cannot fork, so the daemon is a second execution of this program with the same
// arguments, while the first one waits. The first exits with status 0 when the second
// reports that its sockets are open and its pid is written, or with the status of the
// second if that fails. Until then the second has the terminal, so that its errors are
// seen (facts 108, 114).

// readyWord is what the daemon writes to the process that waits.
const readyWord = "ready\n"

// daemonize starts the second execution, waits for it, and returns the exit status.
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
	const first = 3 // descriptor of ExtraFiles[0]
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
	// It has ended or is about to: only its exit closes the pipe without the word.
	var failed *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &failed) && failed.ExitCode() > 0 {
		return failed.ExitCode(), nil
	} else if err != nil {
		return 0, err
	}
	return exitOK, nil
}

// ownBinary returns the path of the running binary, which works even if its file was
// replaced.
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
