package safefile

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks is how many links a path may lead through, the same as in the kernel.
const maxLinks = 40

// walker follows a path from directory to directory.
type walker struct {
	dir     int    // the current directory; -1: none yet
	path    string // of dir
	links   int
	foreign *link // the first link of another user that was followed
	exposed bool  // another user can replace something on the way
}

// link is a symbolic link.
type link struct {
	path   string
	owner  uint32
	target string
	magic  bool // in /proc; only the kernel can follow it
}

func (w *walker) close() {
	if w.dir >= 0 {
		unix.Close(w.dir)
		w.dir = -1
	}
}

func (w *walker) at(name string) string { return strings.TrimSuffix(w.path, "/") + "/" + name }

// walk goes to the directory of path's last name and calls last with that name and the
// open flag that keeps the kernel from following a link (0: the kernel must follow it).
// If last meets a link nevertheless (ELOOP), walk follows it and calls last again.
func (w *walker) walk(path string, last func(name string, follow int) error) error {
	if !strings.HasPrefix(path, "/") {
		if err := w.enter(".", "."); err != nil {
			return err
		}
	}
	for {
		if strings.HasPrefix(path, "/") {
			w.close()
			if err := w.enter("/", "/"); err != nil {
				return err
			}
		}
		name, rest, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
		rest = strings.TrimLeft(rest, "/")
		if name == "" {
			return unix.EISDIR
		}
		err := w.step(name, rest == "", last)
		if err == nil && rest == "" {
			return nil
		}
		if isLink(err) {
			var l *link
			if l, err = w.follow(name, err); err == nil && l.magic {
				err = w.magic(name, rest == "", last)
				if err == nil && rest == "" {
					return nil
				}
			} else if err == nil {
				rest = strings.TrimSuffix(l.target+"/"+rest, "/")
			}
		}
		if err != nil {
			return err
		}
		path = rest
	}
}

// step goes one name further, or calls last; it fails if the name is a link.
func (w *walker) step(name string, isLast bool, last func(string, int) error) error {
	if !isLast {
		return w.enter(name, w.at(name))
	}
	if err := w.check(); err != nil {
		return err
	}
	return last(name, unix.O_NOFOLLOW)
}

// magic is step for a link in /proc.
func (w *walker) magic(name string, isLast bool, last func(string, int) error) error {
	if isLast {
		return last(name, 0)
	}
	return w.enterBy(name, w.at(name), 0)
}

func (w *walker) enter(name, path string) error { return w.enterBy(name, path, unix.O_NOFOLLOW) }

// enterBy makes the directory called name the current one.
func (w *walker) enterBy(name, path string, follow int) error {
	from := w.dir
	if from < 0 {
		from = unix.AT_FDCWD
	}
	fd, err := uninterrupted(func() (int, error) {
		return unix.Openat(from, name, searchOnly|unix.O_DIRECTORY|unix.O_CLOEXEC|follow, 0)
	})
	if err != nil {
		return err
	}
	w.close()
	w.dir, w.path = fd, path
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if !trusted(st.Uid) || writableByOthers(&st) && st.Mode&unix.S_ISVTX == 0 {
		w.exposed = true
	}
	return nil
}

// isLink reports whether an error may be due to a link: it is ENOTDIR where a directory
// is expected, and EACCES in a sticky directory.
func isLink(err error) bool {
	return err == unix.ELOOP || err == unix.EMLINK || err == unix.ENOTDIR || err == unix.EACCES
}

// follow reads the link called name, if it may be followed. If name is not a link, follow
// returns the error was.
func (w *walker) follow(name string, was error) (*link, error) {
	l, err := readLink(w.dir, name)
	if err == unix.EINVAL {
		return nil, was
	}
	if err != nil {
		return nil, err
	}
	if w.links++; w.links > maxLinks {
		return nil, unix.ELOOP
	}
	if trusted(l.owner) {
		return l, nil
	}
	l.path = w.at(name)
	if w.foreign == nil {
		w.foreign = l
	}
	var dir unix.Stat_t
	if err := unix.Fstat(w.dir, &dir); err != nil {
		return nil, err
	}
	if l.magic || w.foreign.owner != l.owner || dir.Mode&unix.S_ISVTX != 0 && dir.Uid != l.owner {
		return nil, refused(l)
	}
	return l, nil
}

// check applies the rule about other users' links to the current directory.
func (w *walker) check() error {
	if w.foreign == nil {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(w.dir, &st); err != nil {
		return err
	}
	if st.Uid != w.foreign.owner {
		return refused(w.foreign)
	}
	return nil
}

func refused(l *link) error {
	return fmt.Errorf("%s is a symbolic link of user %d, which root does not follow out of that user's own directories", l.path, l.owner)
}
