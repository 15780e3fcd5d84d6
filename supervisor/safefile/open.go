// Package safefile opens, renames and removes files for a process that may run as root,
// in directories that other users own.
//
// The owner of a directory in the path of a log can put a symbolic link there, and root
// would then create, append to or truncate a file of that user's choice. So while the
// process is root:
//
//   - root's own links are followed;
//   - another user's link is followed only if the directory that the file is then in
//     belongs to that user too: there the user could have put the file without a link.
//     (Deployments have such links: /srv/app/current to /srv/app/releases/12.) In a
//     world-writable directory such as /tmp it is not followed.
//   - a file with several names (hard links) is used only where no other user can have
//     made one of the links: in a directory that only root can write, or as a file of the
//     directory's only writer.
//
// Paths are resolved one name at a time, with each directory held open, so nothing can
// change between check and use. Owners are believed: a user who may mount file systems
// that report false ones is root's equal. For a process that is not root the functions
// behave like those of package os: the kernel decides what it can reach.
//
// Libraries for safe paths (os.Root, filepath-securejoin) confine a path to a directory;
// here paths lead anywhere, and the owners of links decide.
package safefile

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// isRoot reports whether the rules of this package apply.
func isRoot() bool { return os.Geteuid() == 0 }

// OpenFile is os.OpenFile under the rules of this package. flag must not contain O_TRUNC:
// a file may be truncated only once it is known to be the right one.
func OpenFile(path string, flag int, perm os.FileMode) (*os.File, error) {
	if !isRoot() {
		return os.OpenFile(path, flag, perm)
	}
	fd, err := Open(path, flag, perm)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

// Open is OpenFile for callers that need only a descriptor, which they must close.
func Open(path string, flag int, perm os.FileMode) (fd int, err error) {
	mode := uint32(perm.Perm())
	switch flag |= unix.O_CLOEXEC; {
	case !isRoot():
		fd, err = uninterrupted(func() (int, error) { return unix.Open(path, flag, mode) })
	default:
		if fd, err = openWithoutLinks(path, flag, mode); err == nil && severalNames(fd) {
			unix.Close(fd)
			err = unix.ELOOP
		}
		if slices.Contains(bySteps, err) {
			fd, err = openBySteps(path, flag, mode)
		}
	}
	if err != nil {
		return -1, openError(path, err)
	}
	return fd, nil
}

// openError turns an errno into the error that package os would return. A refusal names
// its path itself.
func openError(path string, err error) error {
	if errno, ok := err.(unix.Errno); ok {
		return &os.PathError{Op: "open", Path: path, Err: errno}
	}
	return err
}

// bySteps are the errors that may come from a link, or from a system that can't open a
// path without following links; the path is then opened step by step.
var bySteps = []error{unix.ELOOP, unix.EACCES, unix.ENOSYS, unix.EPERM}

// openBySteps opens path one name at a time, under the rules of this package.
func openBySteps(path string, flag int, mode uint32) (fd int, err error) {
	w := walker{dir: -1}
	defer w.close()
	err = w.walk(path, func(name string, follow int) error {
		fd, err = uninterrupted(func() (int, error) { return unix.Openat(w.dir, name, flag|follow, mode) })
		if err != nil || follow == 0 || !severalNames(fd) {
			return err
		}
		if err = w.checkNames(fd, name); err != nil {
			unix.Close(fd)
		}
		return err
	})
	return fd, err
}

// severalNames reports whether an open file has hard links. Those of directories do not
// count.
func severalNames(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Nlink > 1 && st.Mode&unix.S_IFMT != unix.S_IFDIR
}

// checkNames applies the rule about hard links to a file in the current directory.
func (w *walker) checkNames(fd int, name string) error {
	var file, dir unix.Stat_t
	if err := errors.Join(unix.Fstat(fd, &file), unix.Fstat(w.dir, &dir)); err != nil {
		return err
	}
	if !writableByOthers(&dir) && (trusted(dir.Uid) || dir.Uid == file.Uid) {
		return nil
	}
	return fmt.Errorf("%s has %d hard links, in a directory where other users than its owner can make them", w.at(name), file.Nlink)
}

func writableByOthers(dir *unix.Stat_t) bool { return dir.Mode&0o022 != 0 }

// uninterrupted repeats a call that a signal interrupted.
func uninterrupted(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != unix.EINTR {
			return n, err
		}
	}
}

// Truncate empties a regular file. Anything else is left alone, without an error.
func Truncate(path string) error {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return err
	}
	f, err := OpenFile(path, os.O_WRONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Truncate(0)
}
