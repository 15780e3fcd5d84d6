// Package disk runs all file work that may block in the kernel: opening, writing, rotating and closing logs, checks of
// commands, look-ups, reads for clients. A file system that hangs then costs a few threads, however many programs and
// requests depend on it.
//
// The Go runtime aborts the process when the kernel refuses it a thread, and it asks for one whenever all that it has sit in
// system calls. So the number of workers is fixed, and Prepare makes their threads, and spare ones for the rest of the
// daemon, at start. A worker is a goroutine that exists only while there is work; an idle pool costs nothing but the threads.
//
// Order: the work for one file, and the turns of one Task, run one at a time in the order of the calls.
//
// Fairness: devices take turns, and so do the files on a device. A device gets a quarter of the workers at most, and never
// the last ones that are free unless none of its work runs; the next work for a device that hangs waits while other devices
// are served. The device of a path is found without touching it: by the mount point above it, and by what Learn was told of
// files reached through links. Where the system does not say (no /proc/self/mountinfo) it is the path's folder.
//
// When full: a device that has waitMost requests waiting refuses the next one with ErrBusy. Turns of a Task are never refused:
// each Task waits for one turn at most.
package disk
