package spawn

// outcome is what the preflight of a start found.
type outcome int

const (
	passed   outcome = iota
	failed           // the directory or the file could not be looked at
	timedOut         // a file system hangs
)

// choose tells whether a start goes through the shim: the child is our own binary first, which goes on step by step. Without it a
// start is faster, but with vfork the whole daemon waits for an exec that hangs, and it can't say in the child's name what failed.
// So whatever is special, or did not pass the preflight, takes the shim, where only the child hangs or fails.
func choose(special bool, o outcome) (shim bool) { return special || o != passed }
