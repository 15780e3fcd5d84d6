package spawn

import (
	"os"

	"golang.org/x/sys/unix"
)

// BecomeSubreaper lets orphans among our descendants become our children, to be told on Exited (Linux 3.4).
func BecomeSubreaper() error {
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
}
