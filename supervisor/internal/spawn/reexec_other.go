//go:build !linux

package spawn

import "os"

func ownBinary() (string, error) { return os.Executable() }

const openDescriptors = "/dev/fd"

func dataFile(data []byte) (*os.File, error) { return temporaryFile(data) }

// programPath returns the name by which the file was opened.
func programPath(f *os.File) (string, error) { return f.Name(), nil }
