package compat

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

func remove(path string) { _ = os.Remove(path) }

func (in *instance) create(name string) (*os.File, error) {
	f, err := os.OpenFile(in.path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND|os.O_TRUNC, 0o644)
	if err == nil {
		in.t.Cleanup(func() { f.Close() })
	}
	return f, err
}

// read returns a file's text, or "" if there is no such file. A pattern stands for its
// first match (AUTO logs).
func (in *instance) read(name string) string {
	path := in.path(name)
	if found, _ := filepath.Glob(path); len(found) > 0 {
		path = found[0]
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(data)
}

func (in *instance) has(name, text string, times int) bool {
	return strings.Count(in.read(name), text) >= times
}

// pidfile returns the pid that the daemon wrote, or 0 if there is none yet.
func (in *instance) pidfile() int {
	text := in.read("supervisord.pid")
	pid, err := strconv.Atoi(strings.TrimSuffix(text, "\n"))
	if err != nil || !strings.HasSuffix(text, "\n") {
		return 0
	}
	return pid
}

func stepFile(in *instance, w *strings.Builder, args []string) error {
	found, err := filepath.Glob(in.path(args[0]))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		w.WriteString("(no such file)\n")
		return nil
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		return err
	}
	if len(data) == 0 {
		w.WriteString("(empty)\n")
	}
	w.WriteString(endLine(strings.ReplaceAll(string(data), "\r", "\\r")))
	return nil
}

// stepLines is for files with several writers, whose order is not promised.
func stepLines(in *instance, w *strings.Builder, args []string) error {
	var lines []string
	for line := range strings.Lines(in.read(args[0])) {
		if len(args) == 1 || slices.ContainsFunc(args[1:], func(re string) bool { return regexp.MustCompile(re).MatchString(line) }) {
			lines = append(lines, in.normal(line))
		}
	}
	slices.Sort(lines)
	w.WriteString(strings.Join(lines, ""))
	return nil
}

// stepBytes shows a file byte by byte.
func stepBytes(in *instance, w *strings.Builder, args []string) error {
	for line := range strings.Lines(in.read(args[0])) {
		fmt.Fprintf(w, "%q\n", line)
	}
	return nil
}

// stepLs shows type, mode and name of the files that match, with -s their sizes too.
func stepLs(in *instance, w *strings.Builder, args []string) error {
	sizes := args[0] == "-s"
	if sizes {
		args = args[1:]
	}
	n := 0
	for _, pattern := range args {
		found, err := filepath.Glob(in.path(pattern))
		if err != nil {
			return err
		}
		for _, path := range found {
			n++
			st, err := os.Lstat(path)
			if err != nil {
				fmt.Fprintln(w, err)
				continue
			}
			name, _ := filepath.Rel(in.dir, path)
			if sizes && st.Mode().IsRegular() {
				fmt.Fprintf(w, "%v %d %s\n", st.Mode(), st.Size(), name)
			} else {
				fmt.Fprintf(w, "%v %s\n", st.Mode(), name)
			}
		}
	}
	if n == 0 {
		w.WriteString("(none)\n")
	}
	return nil
}

func stepStat(in *instance, w *strings.Builder, args []string) error {
	for _, name := range args {
		st, err := os.Lstat(in.path(name))
		if err != nil {
			fmt.Fprintf(w, "%s: not there\n", name)
			continue
		}
		sys := st.Sys().(*syscall.Stat_t)
		fmt.Fprintf(w, "%s: %v uid %d gid %d\n", name, st.Mode(), sys.Uid, sys.Gid)
	}
	return nil
}

func stepWrite(in *instance, _ *strings.Builder, args []string) error {
	return in.write(args[0], strings.Join(args[1:], ""))
}

func stepAppend(in *instance, _ *strings.Builder, args []string) error {
	f, err := os.OpenFile(in.path(args[0]), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(strings.Join(args[1:], ""))
	return err
}

func stepRm(in *instance, _ *strings.Builder, args []string) error {
	for _, name := range args {
		found, _ := filepath.Glob(in.path(name))
		for _, path := range found {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// stepSub edits a file of the instance; an expression that matches nothing is a mistake
// in the script.
func stepSub(in *instance, _ *strings.Builder, args []string) error {
	text := in.read(args[0])
	for pair := range slices.Chunk(args[1:], 2) {
		re, err := regexp.Compile(pair[0])
		if err != nil {
			return err
		}
		if !re.MatchString(text) {
			return fmt.Errorf("%s has no %s", args[0], pair[0])
		}
		text = re.ReplaceAllString(text, pair[1])
	}
	return in.write(args[0], text)
}

func stepMv(in *instance, _ *strings.Builder, args []string) error {
	return os.Rename(in.path(args[0]), in.path(args[1]))
}

func stepMkdir(in *instance, _ *strings.Builder, args []string) error {
	return os.MkdirAll(in.path(args[0]), 0o755)
}

func stepChmod(in *instance, _ *strings.Builder, args []string) error {
	mode, err := strconv.ParseUint(args[0], 8, 32)
	if err != nil {
		return err
	}
	perm := fs.FileMode(mode & 0o777)
	if mode&0o4000 != 0 {
		perm |= fs.ModeSetuid
	}
	return os.Chmod(in.path(args[1]), perm)
}

func stepCp(in *instance, _ *strings.Builder, args []string) error {
	return in.write(args[1], in.read(args[0]))
}
