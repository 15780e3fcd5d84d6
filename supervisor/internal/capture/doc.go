// Package capture carries bytes between the daemon and the pipes of its children: output
// to log files, syslog and the loop, input from the loop to stdin.
//
// A Table is one goroutine behind one poller (epoll, kqueue), whatever the number of
// pipes; a pipe is a row, an idle row has no buffer, and an idle Table does not wake up.
// The methods of Table never wait. The Table itself waits only for the reader of Outputs:
// while Outputs is not read, nothing is read from children, and nothing is lost.
//
// A flood into a log bypasses the Table: while a pipe is full at every read, the log's
// writer reads it (feed.go), because a buffer that one goroutine reads and writes stays
// in its processor's cache. The Table takes the pipe back when it must read it itself,
// and when the disk hangs.
//
// The answer of a listener for which events wait is read by the loop itself (answer.go).
//
// A child's exit does not wait for other processes that hold its pipes: what they write
// for a moment longer still goes to the log (linger.go).
//
// If another process goes on when this one dies (SetMarks, Options.Heard), what is read is
// left in the pipe until it is written to its log, or noted down (leave.go).
//
// A Table can be handed over to another one, also in another image of the program
// (HandOver, Take); nothing is lost, doubled or reordered.
//
// Order: what a child writes to one pipe stays in order everywhere. All Outputs of an ID
// come before its Drained, and all but Drained before its Ended. Between different IDs
// there is no order.
//
// When full: a log that can't keep up (logfile.Queue) stops reads from its own pipe, so
// the child waits; other children are not affected. When the log makes no progress for
// some seconds, its data is dropped and counted, and the child goes on.
package capture
