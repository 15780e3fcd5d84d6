package safefile

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Dir is a directory held open: its methods act on that directory, whatever becomes of
// its path.
type Dir struct {
	fd      int // AT_FDCWD if the process is not root
	path    string
	exposed bool
}

// Parent opens the directory that path is in, and returns path's name in it. The caller
// must close d.
func Parent(path string) (d *Dir, name string, err error) {
	dir, name := filepath.Split(path)
	if !isRoot() {
		return &Dir{fd: unix.AT_FDCWD, path: dir}, name, nil
	}
	w := walker{dir: -1}
	// The last name is not resolved: a link there is renamed or removed itself.
	err = w.walk(dir+name, func(string, int) error { return nil })
	if err != nil {
		w.close()
		return nil, "", openError(dir, err)
	}
	return &Dir{fd: w.dir, path: dir, exposed: w.exposed}, name, nil
}

// Close closes the directory.
func (d *Dir) Close() {
	if d.fd != unix.AT_FDCWD {
		unix.Close(d.fd)
	}
}

// at returns what to pass to the kernel for a name, beside fd.
func (d *Dir) at(name string) string {
	if d.fd == unix.AT_FDCWD {
		return d.path + name
	}
	return name
}

// Rename gives from the name to, replacing what is there.
func (d *Dir) Rename(from, to string) error {
	if err := unix.Renameat(d.fd, d.at(from), d.fd, d.at(to)); err != nil {
		return &os.LinkError{Op: "rename", Old: d.path + from, New: d.path + to, Err: err}
	}
	return nil
}

// Sync has the kernel write the names in the directory down.
func (d *Dir) Sync() error {
	fd, err := unix.Openat(d.fd, cmp.Or(d.at(""), "."), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == nil {
		err = unix.Fsync(fd)
		unix.Close(fd)
	}
	if err != nil {
		return &os.PathError{Op: "sync", Path: d.path, Err: err}
	}
	return nil
}

// Link gives a file another name. It fails with EEXIST if the name is taken.
func (d *Dir) Link(old, name string) error {
	if err := unix.Linkat(d.fd, d.at(old), d.fd, d.at(name), 0); err != nil {
		return &os.LinkError{Op: "link", Old: d.path + old, New: d.path + name, Err: err}
	}
	return nil
}

// Remove removes a name that is not a directory.
func (d *Dir) Remove(name string) error {
	if err := unix.Unlinkat(d.fd, d.at(name), 0); err != nil {
		return &os.PathError{Op: "remove", Path: d.path + name, Err: err}
	}
	return nil
}

// Remove removes a file or link; a link itself, not its target.
func Remove(path string) error {
	d, name, err := Parent(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Remove(name)
}

// Entry identifies what a name stands for; equal Entries mean the same file.
type Entry struct {
	Device, Inode uint64
	IsDir         bool
}

// Entry returns what a name stands for. A link is not followed.
func (d *Dir) Entry(name string) (Entry, error) {
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, d.at(name), &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return Entry{}, &os.PathError{Op: "lstat", Path: d.path + name, Err: err}
	}
	return entry(&st), nil
}

func entry(st *unix.Stat_t) Entry {
	return Entry{uint64(st.Dev), st.Ino, st.Mode&unix.S_IFMT == unix.S_IFDIR}
}

// errOtherSocket means that after bind something else was found under the socket's name.
var errOtherSocket = errors.New("the socket was replaced while it was made")
