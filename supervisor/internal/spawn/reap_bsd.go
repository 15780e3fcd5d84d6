//go:build !linux

package spawn

// reap asks for each child of ours: waitid with WNOWAIT is not everywhere.
func (l *loop) reap() { l.sweep() }
