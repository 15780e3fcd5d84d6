package logfile

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"reeve/supervisor/internal/disk"
)

// Position is how far a Follower has read, as plain data: in which file, and up to where.
type Position struct {
	Path          string
	Device, Inode uint64
	Offset        int64
}

// Position returns how far the follower has read.
func (f *Follower) Position() (p Position) {
	p.Path, p.Offset = f.path, f.offset
	_ = disk.Do(f.path, func() { p.Device, p.Inode = fileNumbers(f.f) })
	return p
}

// resumeBackups is how many backups of a log are searched for the file that was being
// read: it can only just have become one.
const resumeBackups = 3

// Resume makes a Follower that goes on at a position. If the log was rotated since, it
// goes on in the first backups; if the file is in none of them, at the start of the log,
// which need not exist yet.
func Resume(p Position) (f *Follower, err error) {
	err = disk.Try(p.Path, func() (err error) {
		f, err = resume(p)
		return err
	})
	return f, err
}

func resume(p Position) (*Follower, error) {
	for i := range 1 + resumeBackups {
		name := p.Path
		if i > 0 {
			name += "." + strconv.Itoa(i)
		}
		file, _, err := openRead(name)
		if err != nil {
			continue
		}
		if device, inode := fileNumbers(file); device == p.Device && inode == p.Inode {
			return &Follower{p.Path, file, p.Offset}, nil
		}
		file.Close()
	}
	file, err := os.Open(os.DevNull) // until there is a log
	if err != nil {
		return nil, err
	}
	return &Follower{p.Path, file, 0}, nil
}

// fileNumbers returns what makes an open file the same one in another image.
func fileNumbers(f *os.File) (device, inode uint64) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, 0
	}
	_ = raw.Control(func(fd uintptr) {
		var st unix.Stat_t
		if unix.Fstat(int(fd), &st) == nil {
			device, inode = uint64(st.Dev), st.Ino
		}
	})
	return device, inode
}
