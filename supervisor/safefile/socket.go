package safefile

import (
	"os"

	"golang.org/x/sys/unix"
)

// Socket is the file of a unix socket that Bind made.
type Socket struct {
	dir *Dir
	fd  int // of the file itself if other users could replace it, else -1
}

// Bind gives a unix socket a name. The Socket must be closed before the Dir is.
func (d *Dir) Bind(socket int, name string) (*Socket, error) {
	f := &Socket{d, -1}
	address, err := d.address(name)
	if err == nil {
		err = unix.Bind(socket, &unix.SockaddrUnix{Name: address})
	}
	if err == nil && d.exposed {
		if f.fd, err = openSocketFile(d.fd, name); err != nil {
			_ = d.Remove(name)
		}
	}
	if err != nil {
		return nil, &os.PathError{Op: "bind", Path: d.path + name, Err: err}
	}
	return f, nil
}

// Socket opens a socket that has a name, to change its owner and mode. It must be closed
// before the Dir is.
func (d *Dir) Socket(name string) (f *Socket, err error) {
	f = &Socket{d, -1}
	if d.exposed {
		f.fd, err = openSocketFile(d.fd, name)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: d.path + name, Err: err}
	}
	return f, nil
}

// Chmod sets the mode of the file, which is called name now.
func (f *Socket) Chmod(name string, mode uint32) error {
	if err := f.chmod(name, mode); err != nil {
		return &os.PathError{Op: "chmod", Path: f.dir.path + name, Err: err}
	}
	return nil
}

// Chown sets owner and group of the file, which is called name now; -1 leaves one
// unchanged.
func (f *Socket) Chown(name string, uid, gid int) error {
	if err := f.chown(name, uid, gid); err != nil {
		return &os.PathError{Op: "chown", Path: f.dir.path + name, Err: err}
	}
	return nil
}

// Close releases the Socket; the file stays.
func (f *Socket) Close() {
	if f.fd >= 0 {
		unix.Close(f.fd)
	}
}
