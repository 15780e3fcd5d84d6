//go:build !linux

package process

import "syscall"

// signalNames is empty: no name differs from the common ones on this system.
var signalNames = map[syscall.Signal]string{}
