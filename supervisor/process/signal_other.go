//go:build !linux

package process

import "syscall"

// signalNames: nothing differs from the common names here.
var signalNames = map[syscall.Signal]string{}
