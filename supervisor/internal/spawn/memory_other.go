//go:build !linux

package spawn

import (
	"errors"
	"os"
)

// MemoryFile always fails: what goes there must not get to a disk.
func MemoryFile(string) (*os.File, error) { return nil, errors.ErrUnsupported }

// Unread returns false: it is for what a keeper has held.
func Unread(int) bool { return false }
