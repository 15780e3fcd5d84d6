package compat

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// impostors are programs to which a daemon is told to upgrade and which can't follow it:
// this test binary under another name, since they get the daemon's arguments.
var impostors = map[string]func() int{
	"hangs":   linger,
	"garbage": func() int { fmt.Println("Content-Type: text/html"); return 0 },
	"silent":  func() int { return 0 },
	"much": func() int {
		for range 1000 {
			fmt.Print(strings.Repeat("{\"Version\":", 1000))
		}
		return 0
	},
	"refuses": func() int { fmt.Print(`{"Version":"0.9.0","Refused":"it is too new for that"}`); return 0 },
	"fails":   func() int { fmt.Fprintln(os.Stderr, "no shared library\nof that name"); return 127 },
	"killed":  func() int { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); return linger() },
	// Both say that they can go on. Then spoils makes its own file one that can't be
	// executed, and locks keeps it open for writing until the daemon has gone on.
	"spoils": func() int { return answerAnd("spoil") },
	"locks":  func() int { return answerAnd("lock") },
}

const impostorPrefix = "impostor-"

func impostorRole() func() int {
	exe, _ := os.Readlink("/proc/self/exe")
	name, _ := strings.CutPrefix(filepath.Base(exe), impostorPrefix)
	return impostors[name]
}

// impostor makes one of them and returns its path.
func (in *instance) impostor(name string) string {
	in.t.Helper()
	if impostors[name] == nil {
		in.t.Fatal("no impostor ", name)
	}
	exe, err := os.Executable()
	in.must(err)
	path := in.path(impostorPrefix + name)
	in.must(copyProgram(exe, path))
	in.must(copyProgram(exe, path+"-helper"))
	return path
}

func copyProgram(from, to string) error {
	// A child that is forked meanwhile would have the file open for writing until it
	// executes its program, and so long nobody can execute this one.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	if closed := dst.Close(); err == nil {
		err = closed
	}
	return err
}

// answerAnd plays a program that can go on, and has a child do something to its file:
// while a program runs nobody may write to that. Who asked waits for the child, which
// holds the output until it is done.
func answerAnd(do string) int {
	if !slices.Contains(os.Args, "--handoff-check") {
		return 95
	}
	exe, err := os.Readlink("/proc/self/exe")
	if err == nil {
		helper := exec.Command(exe+"-helper", "child", "meddle", do, exe)
		helper.Stdout, helper.Stderr = os.Stdout, os.Stderr
		err = helper.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 96
	}
	fmt.Print(`{"Version":"0.9.0"}`)
	return 0
}

func init() { children["meddle"] = childMeddle }

func childMeddle(args []string) int {
	var f *os.File
	for {
		var err error
		if f, err = os.OpenFile(args[1], os.O_WRONLY, 0); err == nil {
			break
		}
		if !errors.Is(err, syscall.ETXTBSY) {
			return 96
		}
	}
	if args[0] == "spoil" {
		if err := f.Truncate(100); err != nil {
			return 96
		}
		return 0
	}
	_ = os.Stdout.Close()
	_ = os.Stderr.Close()
	return exitWhen([]string{args[1] + "-free"})
}
