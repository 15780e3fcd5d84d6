//go:build darwin || freebsd

package capture

import "errors"

// pipeSize returns the capacity of a pipe: the kernel enlarges busy pipes to this by itself.
func pipeSize(int) int { return plainPipe }

// resizePipe is not possible here, and not needed.
func resizePipe(int, int) error { return errors.ErrUnsupported }
