package safefile

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// openat2 (Linux 5.6) refuses links in one call; in sandboxes that do not know it, it
// fails with ENOSYS or EPERM. O_PATH descriptors (2.6.39) stand for a link or socket
// itself, so owner and target are certain to be those of one link, and chmod depends on
// no name.

// searchOnly is the open flag for a directory that is only traversed.
const searchOnly = unix.O_PATH

func openWithoutLinks(path string, flag int, mode uint32) (int, error) {
	how := unix.OpenHow{Flags: uint64(flag | unix.O_LARGEFILE), Resolve: unix.RESOLVE_NO_SYMLINKS}
	if flag&unix.O_CREAT != 0 {
		how.Mode = uint64(mode) // without O_CREAT a mode is EINVAL
	}
	return uninterrupted(func() (int, error) { return unix.Openat2(unix.AT_FDCWD, path, &how) })
}

// procRoot is the inode number of the root of /proc.
const procRoot = 1

// outsider returns the uid that stands for users outside our user namespace. It is -1 if
// there are none, or if a user inside has that uid too.
var outsider = sync.OnceValue(func() int64 {
	text, _ := os.ReadFile("/proc/sys/kernel/overflowuid")
	overflow, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	uids, mapErr := os.ReadFile("/proc/self/uid_map")
	if err != nil || mapErr != nil {
		return -1
	}
	for line := range strings.Lines(string(uids)) {
		var first, outside, count int64
		if _, err := fmt.Sscan(line, &first, &outside, &count); err != nil || first <= overflow && overflow < first+count {
			return -1
		}
	}
	return overflow
})

// trusted reports whether a user is root, or one outside our user namespace, who made its
// file system.
func trusted(uid uint32) bool { return uid == 0 || int64(uid) == outsider() }

// readLink reads a link. The error is EINVAL if name is not a link.
func readLink(dir int, name string) (*link, error) {
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFLNK {
		return nil, unix.EINVAL
	}
	var fs unix.Statfs_t
	if unix.Fstatfs(fd, &fs) == nil && fs.Type == unix.PROC_SUPER_MAGIC {
		l := &link{owner: st.Uid, magic: true}
		if unix.Fstat(dir, &st) == nil && st.Ino == procRoot {
			l.owner = 0 // /proc/self, which nobody owns in a container
		}
		return l, nil
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(fd, "", buf)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, unix.ENOENT
	}
	return &link{owner: st.Uid, target: string(buf[:n])}, nil
}

// address returns the address to bind name to. It is the path, which ss(8) shows, unless
// another user can change a directory on the way.
func (d *Dir) address(name string) (string, error) {
	path := d.path + name
	if !d.exposed {
		return path, nil
	}
	if len(path) >= len(unix.RawSockaddrUnix{}.Path) {
		return "", unix.EINVAL
	}
	if unix.Access(descriptorPath(d.fd), unix.F_OK) != nil {
		return path, nil // no /proc here
	}
	return descriptorPath(d.fd) + "/" + name, nil
}

func descriptorPath(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

func openSocketFile(dir int, name string) (int, error) {
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil && (st.Mode&unix.S_IFMT != unix.S_IFSOCK || st.Nlink != 1) {
		err = errOtherSocket
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (f *Socket) chmod(name string, mode uint32) error {
	if f.fd >= 0 {
		err := unix.Chmod(descriptorPath(f.fd), mode)
		if err == unix.ENOENT {
			err = unix.Fchmodat(f.fd, "", mode, unix.AT_EMPTY_PATH) // no /proc here; Linux 6.6
		}
		return err
	}
	return unix.Fchmodat(f.dir.fd, f.dir.at(name), mode, 0)
}

func (f *Socket) chown(name string, uid, gid int) error {
	if f.fd >= 0 {
		return unix.Fchownat(f.fd, "", uid, gid, unix.AT_EMPTY_PATH)
	}
	return unix.Fchownat(f.dir.fd, f.dir.at(name), uid, gid, unix.AT_SYMLINK_NOFOLLOW)
}
