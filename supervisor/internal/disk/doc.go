// Package disk runs all file work that may block in the kernel: opening, writing,
// rotating and closing logs, checks of commands, look-ups, reads for clients. A file
// system that hangs then costs a few threads, however many programs and requests depend
// on it.
//
// The Go runtime aborts the process when the kernel refuses it a thread, and it asks for
// one whenever all its threads sit in system calls. So the number of workers is fixed,
// and Prepare makes their threads, and spare ones for the rest of the daemon, at start. A
// worker is a goroutine that exists only while there is work; an idle pool costs nothing
// but the threads.
//
// Order: the work for one file, and the turns of one Task, run one at a time, in the
// order of the calls.
//
// Fairness: devices take turns, and so do the files on a device. A device gets at most a
// quarter of the workers, and the last free worker only if none of its work is running;
// further work for a device that hangs waits while other devices are served. The device
// of a path is found without touching it: from the mount point above it, and from what
// Learn recorded about files reached through links. Where the system does not say (no
// /proc/self/mountinfo), the path's folder stands for its device.
//
// When full: if waitMost requests wait for a device, the next one is refused with
// ErrBusy. Turns of a Task are never refused: each Task has at most one turn waiting.
package disk
