package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"reeve/config/userdb"
)

// ParseDir reads the name of an existing directory; ~ stands for the home directory
// (fact 53).
func ParseDir(text string) (string, error) {
	dir := tilde(text)
	if !isDir(dir) {
		return "", fmt.Errorf("%s is not an existing directory", text)
	}
	return dir, nil
}

// ParsePath reads the name of a file whose directory exists; a name without a slash is
// accepted (fact 53).
func ParsePath(text string) (string, error) {
	path := tilde(text)
	if dir := textualDir(path); dir != "" && !isDir(dir) {
		return "", fmt.Errorf("The directory named as part of the path %s does not exist", text)
	}
	return path, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// textualDir is Python's dirname: everything before the last slash.
func textualDir(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return ""
	}
	if head := strings.TrimRight(path[:i], "/"); head != "" {
		return head
	}
	return path[:i+1]
}

// join appends a name to a directory without cleaning either, as messages show them. An
// empty directory adds nothing.
func join(dir, name string) string {
	if dir == "" || strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}

// tilde replaces a leading ~ by the home directory, preferring $HOME. A ~user is looked
// up, and stays as it is if there is no such user.
func tilde(path string) string {
	if !strings.HasPrefix(path, "~") {
		return path
	}
	name, rest := path[1:], ""
	if i := strings.IndexByte(path, '/'); i >= 0 {
		name, rest = path[1:i], path[i:]
	}
	home, known := os.LookupEnv("HOME")
	if name != "" || !known {
		home, known = homeOf(name)
	}
	if !known {
		return path
	}
	if whole := strings.TrimRight(home, "/") + rest; whole != "" {
		return whole
	}
	return "/"
}

// homeOf returns a user's home directory; an empty name means the user of this process.
func homeOf(name string) (home string, known bool) {
	var u userdb.User
	var err error
	if name == "" {
		u, err = userdb.ByID(os.Getuid())
	} else {
		u, err = userdb.ByName(name)
	}
	return u.Home, err == nil
}

// absolute returns a path absolute and clean, relative to the working directory.
func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}

// tempDir returns the directory in which Python creates temporary files: the first of its
// candidates that is writable.
func tempDir() string {
	places := []string{os.Getenv("TMPDIR"), os.Getenv("TEMP"), os.Getenv("TMP"), "/tmp", "/var/tmp", "/usr/tmp"}
	for _, dir := range places {
		if dir != "" && isDir(dir) && mayWrite(dir) {
			return absolute(dir)
		}
	}
	return absolute(".")
}

// mayWrite reports whether this process may create files in a directory.
func mayWrite(dir string) bool {
	const writeAndSearch = 2 | 1
	return syscall.Access(dir, writeAndSearch) == nil
}
