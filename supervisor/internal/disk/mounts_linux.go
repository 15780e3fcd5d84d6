package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// mounts is the mount table as last read. The kernel reports a change of
// /proc/self/mountinfo as an exceptional condition (Linux 2.6.30), so it is read again
// only then. Reading it touches none of the file systems listed.
var mounts = struct {
	sync.Mutex
	fd    int // 0: not open yet; -1: there is none
	table []mount
}{}

// mounted returns the device that a path is on, or "" if that is unknown.
func mounted(path string) string {
	if !filepath.IsAbs(path) {
		folder, err := unix.Getwd() // touches no file system
		if err != nil {
			return ""
		}
		path = filepath.Join(folder, path)
	}
	mounts.Lock()
	defer mounts.Unlock()
	if !refreshMounts() {
		return ""
	}
	return deviceAt(mounts.table, filepath.Clean(path))
}

func refreshMounts() bool {
	if mounts.fd == 0 {
		fd, err := unix.Open("/proc/self/mountinfo", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			fd = -1
		}
		mounts.fd = fd
	} else if mounts.fd > 0 && !mountsChanged() {
		return true
	}
	if mounts.fd < 0 {
		return false
	}
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return mounts.table != nil
	}
	mounts.table = parseMounts(string(text))
	learned.Lock()
	clear(learned.folders)
	learned.Unlock()
	return true
}

func mountsChanged() bool {
	poll := []unix.PollFd{{Fd: int32(mounts.fd), Events: unix.POLLPRI}}
	n, _ := unix.Poll(poll, 0)
	return n > 0 && poll[0].Revents&(unix.POLLPRI|unix.POLLERR) != 0
}

// deviceName returns a device's name in the mount table.
func deviceName(dev uint64) string { return fmt.Sprintf("%d:%d", unix.Major(dev), unix.Minor(dev)) }
