//go:build !linux

package safefile

import "golang.org/x/sys/unix"

// Other systems have no descriptors for a link or socket itself. A link is examined
// before and after it is read; a socket gets its mode and owner by its name in the open
// directory, without following a link of that name.

// searchOnly is the open flag for a directory that is only traversed.
const searchOnly = unix.O_RDONLY

func openWithoutLinks(string, int, uint32) (int, error) { return -1, unix.ENOSYS }

func trusted(uid uint32) bool { return uid == 0 }

// readLink reads a link. The error is EINVAL if name is not a link.
func readLink(dir int, name string) (*link, error) {
	var before, after unix.Stat_t
	if err := unix.Fstatat(dir, name, &before, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return nil, err
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(dir, name, buf)
	if err != nil {
		return nil, err
	}
	if err := unix.Fstatat(dir, name, &after, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return nil, err
	}
	if n == 0 || entry(&before) != entry(&after) || before.Ctim != after.Ctim {
		return nil, unix.ENOENT
	}
	return &link{owner: before.Uid, target: string(buf[:n])}, nil
}

func (d *Dir) address(name string) (string, error) { return d.path + name, nil }

func openSocketFile(int, string) (int, error) { return -1, nil }

func (f *Socket) chmod(name string, mode uint32) error {
	return unix.Fchmodat(f.dir.fd, f.dir.at(name), mode, unix.AT_SYMLINK_NOFOLLOW)
}

func (f *Socket) chown(name string, uid, gid int) error {
	return unix.Fchownat(f.dir.fd, f.dir.at(name), uid, gid, unix.AT_SYMLINK_NOFOLLOW)
}
