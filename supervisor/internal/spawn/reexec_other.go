//go:build !linux

package spawn

import "os"

func ownBinary() (string, error) { return os.Executable() }

// CloseInherited marks all descriptors from 3 on close-on-exec, so that children don't get what the daemon's parent left open.
// It is called once at start.
func CloseInherited() error { return closeInherited("/dev/fd") }

func dataFile(data []byte) (*os.File, error) { return temporaryFile(data) }
