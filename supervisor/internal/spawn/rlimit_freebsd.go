package spawn

import "syscall"

func makeRlimit(l Rlimit) syscall.Rlimit {
	return syscall.Rlimit{Cur: int64(l.Soft), Max: int64(l.Hard)}
}
