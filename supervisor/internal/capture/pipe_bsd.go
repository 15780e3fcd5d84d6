//go:build darwin || freebsd

package capture

import "errors"

// pipeSize returns the capacity of a pipe: the kernel itself enlarges busy pipes to this.
func pipeSize(int) int { return plainPipe }

// resizePipe always fails: it is not possible on these systems, and not needed.
func resizePipe(int, int) error { return errors.ErrUnsupported }
