package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"reeve/config/userdb"
)

// ParseDir reads the name of a directory that exists; ~ stands for the home directory (checklist 53).
func ParseDir(text string) (string, error) {
	dir := tilde(text)
	if !isDir(dir) {
		return "", fmt.Errorf("%s is not an existing directory", text)
	}
	return dir, nil
}

// ParsePath reads the name of a file whose directory exists; a name without a slash passes (checklist 53).
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

// join puts a name behind a directory without cleaning either, as messages show them; an empty directory is none.
func join(dir, name string) string {
	if dir == "" || strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}

// tilde replaces ~ at the begin by the home directory, that of $HOME first; ~user is looked up, and stays if there is none.
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

// homeOf is a user's home directory; of this process's user for an empty name.
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

// absolute makes a path absolute and clean, against the working directory.
func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}

// tempDir is where Python puts temporary files: the first of its places that can be written to.
func tempDir() string {
	places := []string{os.Getenv("TMPDIR"), os.Getenv("TEMP"), os.Getenv("TMP"), "/tmp", "/var/tmp", "/usr/tmp"}
	for _, dir := range places {
		if dir != "" && isDir(dir) && mayWrite(dir) {
			return absolute(dir)
		}
	}
	return absolute(".")
}

// mayWrite tells whether this process may make files in a directory.
func mayWrite(dir string) bool {
	const writeAndSearch = 2 | 1
	return syscall.Access(dir, writeAndSearch) == nil
}
