// Package logfile writes, rotates, reads and follows log files, and sends lines to syslog.
//
// A File is one open log with upstream's rotation. It is plain and synchronous: a disk that hangs hangs the caller. A Queue never
// does: it takes data at once, has it written in order while there is something to write, and drops and counts what a full or
// hung disk does not take. All Queues of one log share its File (OpenQueue). Writing takes turns on the pool of package disk; a
// pipe or terminal, on which no thread has to wait, has a goroutine instead. Rotation, Clear and Reopen never lose, duplicate
// or reorder a byte.
//
// The reading side (Look, Read, Tail, Follower) needs no open File: it works by path on whatever is there, on the same pool, and
// fails with ErrBusy if too much waits for the file system.
package logfile
