package statefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"reeve/supervisor/internal/desired"
	"reeve/supervisor/internal/disk"
	"reeve/supervisor/process"
	"reeve/supervisor/safefile"
)

// asideMost is how many files are kept that were set aside.
const asideMost = 1000

// Read returns what the file says; without a file that is nothing. A file that can't be
// used is set aside, which the log says.
func (f *File) Read() desired.State {
	var s desired.State
	var err error
	if busy := disk.Do(f.path, func() { s, err = f.read() }); busy != nil {
		err = busy
		f.Bar(busy)
	}
	if err != nil {
		f.log(process.Error, err.Error())
	}
	return s
}

func (f *File) read() (desired.State, error) {
	s, err := load(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return desired.State{}, nil
	case err == nil:
		return s, nil
	}
	to, failed := setAside(f.path)
	if failed != nil {
		failed = fmt.Errorf("cannot use the state file %s: %w; cannot rename it either, and it stays as it is: %w", f.path, err, failed)
		f.Bar(failed)
		return desired.State{}, failed
	}
	return desired.State{}, fmt.Errorf("cannot use the state file %s: %w; it is now %s, and what was disabled, scaled or stopped is forgotten", f.path, err, to)
}

func load(path string) (desired.State, error) {
	file, err := safefile.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return desired.State{}, err
	}
	defer file.Close()
	var st unix.Stat_t
	switch err := unix.Fstat(int(file.Fd()), &st); {
	case err != nil:
		return desired.State{}, err
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return desired.State{}, errors.New("it is not a regular file")
	case st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return desired.State{}, fmt.Errorf("it belongs to user %d", st.Uid)
	case st.Mode&0o022 != 0:
		return desired.State{}, errors.New("other users can write to it")
	}
	text, err := io.ReadAll(io.LimitReader(file, desired.MaxText+1))
	if err != nil {
		return desired.State{}, err
	}
	if len(text) > desired.MaxText {
		return desired.State{}, errors.New("it is too large")
	}
	return desired.Decode(text)
}

// setAside gives a file a name that is free, and returns the new path.
func setAside(path string) (string, error) {
	d, name, err := safefile.Parent(path)
	if err != nil {
		return "", err
	}
	defer d.Close()
	for n := range asideMost {
		suffix := ".bad"
		if n > 0 {
			suffix = fmt.Sprintf(".bad%d", n)
		}
		if _, err := d.Entry(name + suffix); errors.Is(err, fs.ErrNotExist) {
			return path + suffix, d.Rename(name, name+suffix)
		}
	}
	return "", fmt.Errorf("there are %d of them already", asideMost)
}
