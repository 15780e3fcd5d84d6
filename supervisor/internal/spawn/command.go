package spawn

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"reeve/config/pytext"
)

// executeOK is X_OK of access(2).
const executeOK = 1

// CheckCommand finds the file that argv runs and checks it with the daemon's privileges
// (facts 157 and 158: look-up in PATH, checks before the start). path lists the
// directories for a command without a slash, separated by colons: the first file that
// exists is taken, even if it can't be executed; an empty entry is the daemon's working
// directory. It may block if a file system does.
func CheckCommand(argv []string, path string) (file string, _ *StartError) {
	return checkCommand(argv, path, func(_ string, look func()) error { look(); return nil })
}

// checkCommand is CheckCommand, with do to run what may block.
func checkCommand(argv []string, path string, do func(path string, look func()) error) (file string, _ *StartError) {
	if len(argv) == 0 {
		return "", &StartError{Other, "command is empty"}
	}
	file = argv[0]
	var st syscall.Stat_t
	err, access := error(syscall.ENOENT), error(nil)
	look := func(name string) *StartError {
		busy := do(name, func() {
			if err = stat(name, &st); err == nil {
				file, access = name, syscall.Access(name, executeOK)
			}
		})
		if busy != nil {
			return &StartError{Shortage, busy.Error()}
		}
		return nil
	}
	names := strings.SplitSeq(path, ":")
	if strings.Contains(file, "/") {
		names = slices.Values([]string{""})
	}
	for dir := range names {
		if busy := look(join(dir, argv[0])); busy != nil {
			return "", busy
		}
		if err == nil {
			break
		}
	}
	switch {
	case err != nil:
		return "", &StartError{NoFile, "can't find command " + pytext.Repr(file)}
	case st.Mode&syscall.S_IFMT == syscall.S_IFDIR:
		return "", &StartError{NotExecutable, fmt.Sprintf("command at %s is a directory", pytext.Repr(file))}
	case st.Mode&0o111 == 0:
		return "", &StartError{NotExecutable, fmt.Sprintf("command at %s is not executable", pytext.Repr(file))}
	case access != nil:
		return "", &StartError{NotExecutable, "no permission to run command " + pytext.Repr(file)}
	}
	return file, nil
}

// join appends a name to a directory as upstream does: without cleaning, so that messages
// show what the user wrote.
func join(dir, name string) string {
	if dir == "" || strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}

// stat is stat(2), repeated if a signal interrupts it.
func stat(file string, st *syscall.Stat_t) error {
	for {
		if err := syscall.Stat(file, st); err != syscall.EINTR {
			return err
		}
	}
}
