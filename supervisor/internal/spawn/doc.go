// Package spawn starts children, signals them and reaps them; no other package does.
//
// A Kernel never makes its caller wait. Start queues; a goroutine checks the command,
// lets the caller open its log files (Spec.Before) and makes the pipes, and what blocks
// in that runs on package disk; then the child is forked. Outcomes come on Started in the
// order of the calls, except that a start that hangs (a dead mount under the command or a
// log file) is set aside and reported on Stuck, and the others go on. The Exit of a child
// is delivered after its Started, however early it died. The channels are unbuffered:
// what the reader has not received has not happened for it, and a reader that does not
// read delays only delivery.
//
// # The starter
//
// Children are made by the starter: our own binary, executed again, with three
// descriptors and two threads at work. An exec may take any time, and meanwhile the
// process that forked stands still: that must not be the daemon. The starter clones with
// CLONE_PARENT, so its children are the daemon's own, and inherit what the starter
// inherited from the daemon at the first start. It has its own process group and catches
// the signals that a terminal or a careless kill sends. It reads requests (a plan, with
// the descriptors) from a SOCK_SEQPACKET socket, carries them out one at a time, in
// order, and answers each with a pid or an errno. A few requests wait in the socket, so
// the starter need not wait for the daemon.
//
// The daemon does not depend on the starter's good health. It knows for certain which
// starts were answered; what has become of the first unanswered one it finds out by
// looking at its own children (lost_linux.go): a child that was not reported, born after
// the request was sent, and leading a process group or still in the starter's. The kernel
// shows for each child whether it has executed a program since it was forked, even for a
// zombie.
//
//   - The exec fails: the starter does not know the child's pid, as it is not the parent.
//     It answers with the error and waits until the daemon has found the child and says
//     "go on". Then the start is repeated through the shim, which reports in the child
//     what fails (shim.go).
//   - The exec hangs: no answer comes within forkLimit, and the child is found, with no
//     program yet. To an observer it has been started, as it would be with a daemon that
//     forks itself: its pid is delivered, it can be signalled, and the daemon says "go
//     on". The starter then serves on another thread; it has enough for as many starts as
//     may hang at once, and one more waits. If the exec fails later, the daemon itself
//     reports that on the child's stderr.
//   - The starter hangs without a child that hangs, for instance because it was stopped:
//     it is killed.
//   - The starter dies. The answers that it had sent are read. If the first start without
//     an answer has a child that executed a program, that is its child, dead or alive. If
//     the child executed none, it is killed, and the start is carried out again when it
//     is reaped; without a child, at once. The starts behind it had not begun. No start
//     is carried out twice at a time, and none is lost.
//   - The daemon dies: both of the starter's descriptors reach their end, and the starter
//     exits.
//
// Where no starter is possible (other systems; no /proc; CLONE_PARENT refused) the daemon
// forks with syscall.ForkExec, and executes the shim each time: that is our own binary,
// so an exec that hangs does so in the child.
//
// Only children that a Kernel started are reaped, so a library may start its own. If the
// process is pid 1 or a subreaper, orphans are reaped as well.
//
// The program that uses this package must call ReexecMain first in main: its own binary,
// executed again, plays the parts that need their own process (see reexec.go).
package spawn
