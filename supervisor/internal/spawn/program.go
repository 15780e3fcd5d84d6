package spawn

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// OpenProgram opens a program that Replace is to execute. It waits for the disk. The error
// says why it can't be one.
//
// Whoever may call methods of the daemon may name a file here, but must not become the
// daemon's user by it: so nobody else may be able to write what is executed.
func OpenProgram(path string) (*os.File, error) {
	if _, err := CheckCommand([]string{path}, ""); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if err := executableByUs(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return f, nil
}

func executableByUs(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch mode := info.Mode(); {
	case !ok || !mode.IsRegular():
		return fmt.Errorf("is no regular file")
	case st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return fmt.Errorf("belongs to user %d: only a program of root's, or of the user that supervisord runs as, is executed in its place", st.Uid)
	case mode&0o022 != 0 && !privateGroup(st, mode):
		return fmt.Errorf("may be written by others than its owner (mode %04o): it is not executed in place of supervisord", mode.Perm())
	}
	head := make([]byte, 4)
	if n, _ := f.ReadAt(head, 0); n < len(head) || bytes.HasPrefix(head, []byte("#!")) {
		return fmt.Errorf("is a script or empty: it can't be executed in place of a running program")
	}
	return nil
}

// privateGroup reports whether a file may be written by its group only, and that is the
// group of the same number as its owner: where a umask of 002 is usual, it has no other
// member.
func privateGroup(st *syscall.Stat_t, mode fs.FileMode) bool {
	return mode&0o002 == 0 && st.Gid == st.Uid
}
