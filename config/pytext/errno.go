package pytext

import (
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrnoName is errno.errorcode[errno], such as ENOENT; a number if it has none.
func ErrnoName(errno syscall.Errno) string {
	if name, ok := aliases[unix.ErrnoName(errno)]; ok {
		return name
	}
	if name := unix.ErrnoName(errno); name != "" {
		return name
	}
	return fmt.Sprint(int(errno))
}

// aliases are numbers with two names of which Python prints the other one.
var aliases = map[string]string{"EDEADLK": "EDEADLOCK", "EFSCORRUPTED": "EUCLEAN"}

// OSError is str(OSError) without a file: "[Errno 2] No such file or directory".
func OSError(errno syscall.Errno) string {
	text := errno.Error() // glibc's words but for the capital
	if strings.HasPrefix(text, "errno ") {
		text = "unknown error " + text[len("errno "):]
	}
	return fmt.Sprintf("[Errno %d] %s", int(errno), strings.ToUpper(text[:1])+text[1:])
}
