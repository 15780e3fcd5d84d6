package compat

import (
	"fmt"
	"io"
	"os"
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
	// deleted removes itself once it has answered, spoils changes itself into something
	// that can't be executed.
	"deleted": func() int { return answerAnd(os.Remove) },
	"spoils":  func() int { return answerAnd(replaceByText) },
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
	return path
}

func copyProgram(from, to string) error {
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

// answerAnd plays a program that can go on, and does something to its own file.
func answerAnd(do func(path string) error) int {
	if !slices.Contains(os.Args, "--handoff-check") {
		return 95
	}
	fmt.Print(`{"Version":"0.9.0"}`)
	exe, err := os.Readlink("/proc/self/exe")
	if err == nil {
		err = do(exe)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 96
	}
	return 0
}

func replaceByText(path string) error {
	if err := os.WriteFile(path+".new", []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
