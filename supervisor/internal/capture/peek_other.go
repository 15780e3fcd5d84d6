//go:build !linux

package capture

import "golang.org/x/sys/unix"

// peek always fails: there is no keeper here, and so nobody who needs it.
func peek(int, []byte) (int, error) { return 0, unix.EINVAL }
