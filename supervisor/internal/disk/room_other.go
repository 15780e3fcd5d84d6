//go:build !linux

package disk

// threadRoom reports no limit: none is looked for on these systems.
func threadRoom() (room int, limited bool) { return 0, false }
