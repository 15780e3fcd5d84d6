// Package process is the state machine of one supervised process. It is pure: time and what happened come in, effects go out, in
// the order in which they are to be carried out. It has no clock, does no I/O and logs nothing; the lines that it wants in the
// main log are effects too.
//
// A Machine is told what is asked of it (Start, Stop, Signal, GiveUp), what the kernel
// reports (Spawned, SpawnFailed, SpawnShort, Hangs, Revoked, SignalFailed, Exited) and
// that time has passed (Elapsed). Deadline says when Elapsed would next do something.
// Between Start and Spawned the outcome of the fork is not known: the state is STARTING
// without a pid, and a stop that comes then is signalled when the pid is known, or, if
// the start hangs, gives it up.
//
// A Machine is not safe for concurrent use: its owner is the loop.
package process
