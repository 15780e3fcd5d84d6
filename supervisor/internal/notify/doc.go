// Package notify receives what programs say about themselves with sd_notify(3), and finds
// out which program said it. What follows from a message is decided in package check.
//
// # The socket
//
// All programs send to one datagram socket, whose address is their $NOTIFY_SOCKET. It has
// an abstract name: that needs no directory which every `user=` could reach, it is there
// in a chroot, and nothing is left behind. Anybody in the same network namespace may send
// to it, as to systemd's socket, whose mode is 0777; so a message counts for what the
// kernel says about its sender and not for having arrived. A program in a network
// namespace of its own, or one whose library knows only paths, needs Options.Path: a file
// of mode 0666 in a directory that its user may search (0711 is enough, 0700 is not).
//
// # Who sent it
//
// The kernel adds the sender's pid to each message (SCM_CREDENTIALS). It counts for a
// program if the sender is its child or descends from it; that is the whole tree, since
// postgres started through runuser sends from a process below the child. The parents are
// looked up in /proc. If they do not lead to a known child (a process in between has
// ended) the sender's process group, then its session decide. The programs of one daemon
// are not protected from each other by that: in one session a process may join the group
// of another program.
//
// A sender that has ended before its message is read has no parents any more. Its message
// is dropped and counted, as systemd does where it can't tell the unit; guessing by user
// would work until there are two programs of that user. Nothing is lost with senders that
// wait for BARRIER=1, as systemd-notify does, or that live on, as daemons do.
//
// A child may send before the loop knows that it exists. Messages from an unknown child
// of this process are held, a few and for a short time, until Add.
//
// # Order, and when full
//
// The messages of one run arrive in order. A run may make the loop handle 20 messages at
// once and 20 a second; what comes faster is merged, so that the last status, READY=1 and
// the like are never lost to a flood. All programs together are read at 1,000 messages a
// second, above which senders wait; a burst of 4,000 is read at once. So a program that
// floods costs a few percent of a processor (BenchmarkFlood).
//
// A barrier's descriptor is closed when the loop has handled everything before it: see
// Message.
//
// # Descriptors
//
// Descriptors that come with a message are closed; FDSTORE=1 is refused, with a line in
// the log. Closing a file may block (a dead mount), so anything but a pipe is closed on
// package disk; if too many wait there, the kernel discards further ones itself.
//
// # Other systems
//
// BSD and macOS do not say who sent a datagram: New fails there, and package health
// refuses the keys that need it.
package notify
