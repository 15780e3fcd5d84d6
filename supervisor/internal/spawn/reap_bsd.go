//go:build !linux

package spawn

import "syscall"

// childrenNow returns nil: here it would need a walk through all processes.
func childrenNow() map[int]bool { return nil }

// look is not available here: the status can't be seen without reaping.
func look(int) (syscall.WaitStatus, bool) { return 0, false }

// reap polls each of our children: waitid with WNOWAIT is not available everywhere.
func (l *loop) reap() { l.sweep() }
