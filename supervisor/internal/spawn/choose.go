package spawn

// outcome is what the preflight of a start found.
type outcome int

const (
	passed   outcome = iota
	failed           // the directory or the file could not be looked at
	timedOut         // a file system hangs
)

// method says how a start is carried out.
type method struct {
	helper bool // forked by the helper, not by a thread of ours
	shim   bool // the child is our own binary first, which goes on step by step
}

// helperFrom is from how many open descriptors on the helper forks. A fork copies the table of descriptors and the exec closes
// it again: in BenchmarkStart a bare start takes more than twice as long with 10,000 descriptors open as with few, and the
// helper as long as ever. Around 1,000 both are alike, and below a daemon can do without a second process.
const helperFrom = 1000

// choose picks the method. Direct is the fastest while there are few descriptors, but with vfork the whole daemon waits for an
// exec that hangs, and it can't say in the child's name what failed: so whatever is special, or did not pass the preflight, goes
// through the shim, where only the child hangs or fails.
func choose(descriptors int, special bool, o outcome) method {
	return method{helper: descriptors >= helperFrom, shim: special || o != passed}
}
