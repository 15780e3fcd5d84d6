// Package statefile keeps the desired state (package desired) in a file: the one place that
// reads and writes it.
//
// A write makes a new file beside the old one, waits until its bytes are on the disk, and
// gives it the name: whoever reads, and whatever dies in between, finds the old state or
// the new one. All of it runs on package disk. While one write is under way only the newest
// of the states put meanwhile is kept, so that a slow disk costs the memory of one.
//
// A file that can't be used, because it is torn, of a newer version or not ours, is renamed
// and never written over.
package statefile
