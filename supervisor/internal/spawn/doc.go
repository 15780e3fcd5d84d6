// Package spawn is the only door to the operating system: it starts children, signals
// them and reaps them.
//
// A Kernel never makes its caller wait. Start queues; a goroutine checks the command,
// lets the caller open its log files (Spec.Before) and makes the pipes, and what blocks
// in that runs on package disk; then the child is made. Outcomes come on Started in the
// order asked, except that a start that hangs (a dead mount under the command or a log
// file) is set aside, reported on Stuck, and the rest go on. The Exit of a child is
// delivered after its Started, however early it died. The channels are unbuffered: what
// was not received yet has not happened for the reader, and reading nothing stops nothing
// but delivery.
//
// # The starter
//
// Children are made by the starter: our own binary, executed again, with three
// descriptors and two threads at work. An exec may take any time, and while it does,
// whoever forked stands still: that must not be the daemon. The starter clones with
// CLONE_PARENT, so its children are the daemon's own, and inherit what the starter
// inherited from the daemon when the first child was asked for. It is a process group of
// its own and catches what a terminal or a careless kill sends. It reads requests (a
// plan, with the descriptors) from a socket that keeps packets apart, carries them out
// one at a time, in order, and answers each with a pid or an errno. A few requests wait
// in the socket, so that it never waits for the daemon.
//
// Nothing in this depends on the starter's good health. What the daemon knows for certain
// is which starts were answered; of the first one that was not it finds out by looking at
// its own children (lost_linux.go): a child that nobody was told of, born after the
// request was sent, and leading a process group or still in the starter's. The kernel
// says of each child whether it has executed a program since it was forked, also when it
// has ended.
//
//   - The exec fails: the starter does not know the child's pid either, as it is not the
//     parent. It answers with the error and goes on when the daemon says so ("go on"),
//     having found the child. Then the start is repeated by way of the shim, which says
//     in the child what fails (shim.go).
//   - The exec hangs: no answer comes within forkLimit, and the child is found, with no
//     program yet. As far as anybody can see it has been started, as it would be with a
//     daemon that forks: its pid is delivered, it can be signalled, and the daemon says
//     "go on". The starter then serves on another thread; it has as many as starts may
//     hang at once, and the next one waits. If the exec fails later, the daemon itself
//     says so on the child's stderr.
//   - The starter hangs without a child that hangs, as when somebody has stopped it: it
//     is killed.
//   - The starter dies. Answers that it had sent are read. If the first start without one
//     has a child with a program, that is the child, dead or alive. If the child has
//     none, it is killed, and the start carried out anew when it is reaped; it is at once
//     if there is no child. The starts behind were not begun. No start is carried out
//     twice at a time, and none is lost.
//   - The daemon dies: both of the starter's descriptors end, and so does it.
//
// Where a starter can't be had (other systems; no /proc; CLONE_PARENT refused) the daemon
// forks with syscall.ForkExec, the shim each time: that is our own binary, so the exec
// that may hang is the child's own affair.
//
// Only children that a Kernel started are reaped, so a library may start its own. If the
// process is pid 1 or a subreaper, orphans are reaped as well.
//
// The program that uses this package calls ReexecMain first thing in main: its own
// binary, executed again, plays the parts that need a process of their own (see
// reexec.go).
package spawn
