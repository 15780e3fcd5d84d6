//go:build !linux

package disk

// quiet runs work. These systems offer no way to keep signals from a thread without cgo.
func quiet(work func()) { work() }
