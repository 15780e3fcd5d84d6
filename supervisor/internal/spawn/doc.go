// Package spawn is the only door to the operating system: it starts children, signals them and reaps them.
//
// A Kernel never makes its caller wait. Start queues; a worker checks the command, opens the log files (Spec.Before) and makes
// the pipes; a starter forks. Outcomes come on Started in the order asked, except that a start that hangs (a dead mount under
// the command, the directory or a log file) is set aside, the rest go on, and its own outcome comes when it comes. The Exit of
// a child is delivered after its Started, however early it died. Both channels are unbuffered: what was not received yet has
// not happened for the reader, and reading nothing stops nothing but delivery.
//
// Only children that a Kernel started are reaped, so a library may start its own. If the process is pid 1 or a subreaper,
// orphans are reaped as well.
//
// The program that uses this package calls ReexecMain first thing in main: its own binary, executed again, plays the parts
// that need a process of their own (see reexec.go).
package spawn
