// Package check decides when a program is ready and whether it is healthy: when to look,
// how often, and what follows. It is pure: time and events come in, effects go out, in
// the order in which they must be carried out. Packages probe and notify carry out; what
// the keys mean to users is in docs/health.md.
//
// A [Machine] belongs to one process, beside its process.Machine, and its owner is the
// loop. The loop tells it:
//
//	Started   the child exists (spawn.Started); with `ready` the process stays STARTING
//	Running   the process is RUNNING: its health is checked from now on
//	Result    the outcome of a probe that the machine asked for
//	Notified  a message of the program (package notify)
//	Matched, Newline, Closed
//	          a line of its output matched; its descriptor got a newline; was closed
//	Stopping  the process is STOPPING, whoever asked for that
//	Exited    the child is gone
//	Changed   other settings
//	Elapsed   time has passed; Deadline says when that would next do something
//
// The loop carries out:
//
//	Probe, Cancel     through package probe
//	Ready             the process may become RUNNING
//	NotReady          a failed start: the process is stopped as by a request, and is in
//	                  BACKOFF when it has ended
//	Healthy, Unhealthy  for readers and events; Unhealthy also says what to do
//	Signal            to the child, not to its group
//	ExtendStop        a later SIGKILL
//	Noted, Log        for readers, for the main log
//
// # Results of an earlier run
//
// A [ID] names a run (the number of its start) and a probe; numbers are not used twice. A
// result that is not the one waited for is ignored, so nothing has to be taken back when
// a child ends: Cancel only saves the work.
//
// # Results that say nothing
//
// A probe that failed because the daemon itself lacks something (descriptors, memory,
// threads, a free local port) is Inconclusive: it counts neither for nor against the
// program.
//
// # Late deadlines
//
// If a deadline is noticed long after it passed, the daemon stood still (the machine was
// suspended, the daemon stopped), and probably the program too. What it owes then is due
// one period later; otherwise each pause of a virtual machine would restart everything.
package check
