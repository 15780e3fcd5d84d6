//go:build !linux

package spawn

import "os"

func ownBinary() (string, error) { return os.Executable() }

const openDescriptors = "/dev/fd"

func dataFile(data []byte) (*os.File, error) { return temporaryFile(data) }
