//go:build !linux || !(amd64 || arm64)

package spawn

// slots are only known where a child can do without the daemon's higher descriptors.
type slots struct{}

func openSlots() *slots { return nil }

func (*slots) close() {}

func (*slots) forkExec(*plan, []int) (pid int, err error) { return 0, errNoSlots }
