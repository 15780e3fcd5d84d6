//go:build !linux

package httpd

import "errors"

// fileWatch is only there on Linux: kqueue can't watch a socket file.
type fileWatch struct{}

func watchFile(string) (*fileWatch, error) { return nil, errors.ErrUnsupported }

func (*fileWatch) happened() <-chan struct{} { return nil }

func (*fileWatch) close() {}
