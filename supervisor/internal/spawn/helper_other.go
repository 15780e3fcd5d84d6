//go:build !linux

package spawn

// helper is only known on Linux, where CLONE_PARENT makes its children ours.
type helper struct{}

func startHelper(*kernel, *reaper) starter { return nil }

func helperMain() {}

func (l *loop) endHelpers() {}
