// Package logfile writes, rotates, reads and follows log files, and sends lines to
// syslog.
//
// A File is one open log with upstream's rotation. It is synchronous: a disk that hangs
// blocks the caller. A Queue never blocks: it accepts data at once, has it written in
// order in the background, and drops and counts what a full or hung disk does not take.
// All Queues of one log share its File (OpenQueue). Writing is done in turns on the pool
// of package disk; a pipe or terminal, on which no thread has to wait, gets a goroutine
// instead. Rotation, Clear and Reopen never lose, duplicate or reorder a byte.
//
// All open logs can be handed over to another image of the program (HandOver, Take), or,
// if that can't be started, go on (Thaw).
//
// The reading side (Look, Read, Tail, Follower) needs no open File: it works by path, on
// the same pool, and fails with ErrBusy if too much waits for the file system.
package logfile
