//go:build !freebsd

package spawn

import "syscall"

func makeRlimit(l Rlimit) syscall.Rlimit { return syscall.Rlimit{Cur: l.Soft, Max: l.Hard} }
