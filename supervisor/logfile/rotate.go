package logfile

import (
	"errors"
	"io/fs"
	"os"
	"strconv"

	"reeve/supervisor/safefile"
)

// rotate moves FILE to FILE.1 and so on and starts a new file, or truncates it if no
// backups are kept (fact 180: backups are shifted). The old file is closed only when the
// new one is open, so that a write always has a file.
func (f *File) rotate() error {
	if f.displaced() {
		// moved or rotated by another process: what is there now is not ours to move
		return f.open()
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

// rename gives from the name to, replacing what is there; a missing from is ignored.
func rename(dir *safefile.Dir, from, to string) error {
	if err := dir.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// displaced reports whether the path now names another file than the open one, or none;
// false if that can't be found out.
func (f *File) displaced() bool {
	open, err := f.f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(f.opt.Path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(open, named)
}
