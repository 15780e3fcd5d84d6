package httpd

import (
	"os"

	"golang.org/x/sys/unix"

	"reeve/supervisor/rescue"
)

// fileWatch waits for the next thing that happens to a file: its name or one of its
// attributes changes. The number of names is an attribute, so a removal is noticed also
// while the file is in use. It needs the permission to read the file. nil watches
// nothing.
type fileWatch struct {
	f    *os.File
	done chan struct{}
}

// watchFile starts to watch what is at path; a link is not followed.
func watchFile(path string) (*fileWatch, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "inotify")
	const events = unix.IN_ATTRIB | unix.IN_MOVE_SELF | unix.IN_DELETE_SELF | unix.IN_DONT_FOLLOW
	if _, err := unix.InotifyAddWatch(fd, path, events); err != nil {
		f.Close()
		return nil, err
	}
	w := &fileWatch{f, make(chan struct{})}
	go rescue.Run("watching a socket's file", func() {
		defer close(w.done)
		_, _ = f.Read(make([]byte, 4096))
	})
	return w, nil
}

// happened returns a channel that is closed when something happened; nil for no watch.
func (w *fileWatch) happened() <-chan struct{} {
	if w == nil {
		return nil
	}
	return w.done
}

func (w *fileWatch) close() {
	if w != nil {
		w.f.Close()
		<-w.done
	}
}
