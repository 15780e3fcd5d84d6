package logfile

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"sync"

	"reeve/supervisor/safefile"
)

// rotate moves FILE to FILE.1 and so on and begins a new file, or truncates it if no backups are kept (checklist 180). The old
// file is given up only when the new one is open, so that no write ever finds none.
func (f *File) rotate() error {
	defer lockPath(f.opt.Path)()
	if f.current() != ours {
		return f.open() // moved away, or rotated by another File of this path: what is there now is not ours to move
	}
	if f.opt.Backups <= 0 {
		return f.truncate()
	}
	dir, name, err := safefile.Parent(f.opt.Path)
	if err != nil {
		return err
	}
	defer dir.Close()
	for i := f.opt.Backups - 1; i >= 1; i-- {
		if err := rename(dir, backup(name, i), backup(name, i+1)); err != nil {
			return err
		}
	}
	if err := rename(dir, name, backup(name, 1)); err != nil {
		return err
	}
	return f.open()
}

func backup(name string, i int) string { return name + "." + strconv.Itoa(i) }

// rename replaces the target; a missing source is fine.
func rename(dir *safefile.Dir, from, to string) error {
	if err := dir.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// presence is what is found under the path of an open File.
type presence int

const (
	ours     presence = iota // the file that is open
	replaced                 // another one
	missing
)

// current looks what is under the path now. If that can't be found out it is taken for ours.
func (f *File) current() presence {
	open, err := f.f.Stat()
	if err != nil {
		return ours
	}
	named, err := os.Stat(f.opt.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing
	case err == nil && !os.SameFile(open, named):
		return replaced
	}
	return ours
}

// paths holds a lock for each path that is being rotated or cleared just now: the stdout and stderr of a program often share
// one file. A lock per path and not one for all, because a rotation can hang with its disk.
var paths = struct {
	sync.Mutex
	locks map[string]*pathLock
}{locks: map[string]*pathLock{}}

type pathLock struct {
	sync.Mutex
	users int
}

// lockPath locks a path and returns the function that unlocks it.
func lockPath(path string) (unlock func()) {
	paths.Lock()
	l := paths.locks[path]
	if l == nil {
		l = &pathLock{}
		paths.locks[path] = l
	}
	l.users++
	paths.Unlock()
	l.Lock()
	return func() {
		l.Unlock()
		paths.Lock()
		defer paths.Unlock()
		if l.users--; l.users == 0 {
			delete(paths.locks, path)
		}
	}
}
