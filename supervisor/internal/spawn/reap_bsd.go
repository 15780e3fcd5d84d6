//go:build !linux

package spawn

// childrenNow would need a walk through all processes.
func childrenNow() map[int]bool { return nil }

// reap asks for each child of ours: waitid with WNOWAIT is not everywhere.
func (l *loop) reap() { l.sweep() }
