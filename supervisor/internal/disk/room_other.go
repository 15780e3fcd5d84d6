//go:build !linux

package disk

// threadRoom says nothing: no limit is looked for here.
func threadRoom() (room int, limited bool) { return 0, false }
