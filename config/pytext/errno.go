package pytext

import (
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrnoName is errno.errorcode[errno], such as ENOENT, or the number if it has no name.
func ErrnoName(errno syscall.Errno) string {
	if name, ok := aliases[unix.ErrnoName(errno)]; ok {
		return name
	}
	if name := unix.ErrnoName(errno); name != "" {
		return name
	}
	return fmt.Sprint(int(errno))
}

// aliases maps names to the other name of the same number, where Python prints that.
var aliases = map[string]string{"EDEADLK": "EDEADLOCK", "EFSCORRUPTED": "EUCLEAN"}

// OSError is str(OSError) without a file: "[Errno 2] No such file or directory".
func OSError(errno syscall.Errno) string {
	text := errno.Error() // glibc's words, except for the capital
	if strings.HasPrefix(text, "errno ") {
		text = "unknown error " + text[len("errno "):]
	}
	return fmt.Sprintf("[Errno %d] %s", int(errno), strings.ToUpper(text[:1])+text[1:])
}
