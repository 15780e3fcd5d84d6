//go:build !linux

package spawn

import (
	"os"
	"syscall"
)

// OriginalNoFile is the soft limit of open descriptors, as far as it is known: the Go runtime may have raised it, and restores
// it in children.
func OriginalNoFile() (uint64, error) {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		return 0, os.NewSyscallError("getrlimit", err)
	}
	return uint64(lim.Cur), nil
}
