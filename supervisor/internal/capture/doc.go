// Package capture carries bytes between the daemon and the pipes of its children: output to log files, syslog and the loop,
// input from the loop to stdin.
//
// A Table is one goroutine behind one poller (epoll, kqueue), whatever the number of pipes; a pipe is a row, an idle row has no
// buffer, and an idle Table does not wake up. Nobody who calls a method of Table ever waits. The Table itself waits only for
// whoever reads Outputs: while the reader does nothing, nothing is read from children, and nothing is lost.
//
// A flood into a log goes past the Table: while a pipe keeps coming full, the log's writer reads it (feed.go), because a buffer
// that one goroutine reads and writes stays in its processor's cache. The Table takes the pipe back to read it itself, and when
// the disk hangs.
//
// A listener for which events wait is listened to by the loop itself (answer.go).
//
// A child's exit does not wait for who else holds its pipes: what they write for a moment
// longer still goes to the log (linger.go).
//
// Order: what a child wrote to one pipe keeps its order everywhere. All Outputs of an ID come before its Drained, all
// but that one before its Ended. Between different IDs there is no order.
//
// When full: a log that can't keep up (logfile.Queue) stops the reading of its own pipe, so the child waits; other children are
// not affected. When the log makes no progress for some seconds its data is dropped and counted, and the child goes on.
package capture
