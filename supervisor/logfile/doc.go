// Package logfile writes, rotates, reads and follows log files, and sends lines to syslog.
//
// A File is one open log with upstream's rotation. It is plain and synchronous: a disk that hangs hangs the caller. Whoever must
// not wait puts a Queue in front: it takes data at once, writes it in order on a goroutine that exists only while there is
// something to write, and drops and counts what a full or hung disk does not take. Rotation, Clear and Reopen never lose,
// double or reorder a byte.
//
// The reading side (Read, Tail, Follower) needs no open File: it works by path on whatever is there.
package logfile
