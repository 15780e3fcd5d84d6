package spawn

import (
	"errors"
	"os"
)

// New starts a Kernel. It lets the process ignore SIGPIPE and SIGXFSZ, which children inherit (checklist 123). No thread or
// process is started before the first Start, so that a caller may daemonize, chdir and set its umask in between.
func New(opt Options) (Kernel, error) { return nil, errors.ErrUnsupported }

// ReexecMain returns at once, unless this process is a re-execution of the program by this package; then it plays its part and
// does not return. It must be called first thing in main (and in TestMain).
func ReexecMain() {}

// OpenSocket opens a listening socket. A path that exists is unlinked first; it is left on disk when the socket is closed.
// Looking up a host name may block.
func OpenSocket(s SocketSpec) (*os.File, error) { return nil, errors.ErrUnsupported }

// OriginalNoFile is the soft limit of open descriptors that this process was started with, before the Go runtime raised it.
// Children get that one.
func OriginalNoFile() (uint64, error) { return 0, errors.ErrUnsupported }

// RaiseLimits raises the limits of open descriptors and of processes to what the configuration asks for (checklist 110). infos
// are for the main log. With reexec the caller must execute the program again (Reexec), so that children get the new limit;
// it carries infos over. The error's text is upstream's.
func RaiseLimits(minfds, minprocs int) (infos []string, reexec bool, err error) {
	return nil, false, errors.ErrUnsupported
}

// Reexec replaces the process by a fresh execution of the same binary, with the environment given. It returns only on failure.
func Reexec(argv, env []string) error { return errors.ErrUnsupported }

// CloseInherited marks all descriptors from 3 on close-on-exec. It is called once at start, for what the parent left open.
func CloseInherited() error { return errors.ErrUnsupported }

// BecomeSubreaper lets orphans of our children be reaped by us.
func BecomeSubreaper() error { return errors.ErrUnsupported }
