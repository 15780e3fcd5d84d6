// Package process is the state machine of one supervised process. It is pure: time and
// events come in, effects go out, in the order in which they must be carried out. It has
// no clock, does no I/O and logs nothing; the lines that it wants in the main log are
// effects too.
//
// A Machine takes requests (Start, Stop, Signal, GiveUp), reports of the kernel (Spawned,
// SpawnFailed, SpawnShort, Hangs, Revoked, SignalFailed, Exited) and the passing of time
// (Elapsed). Deadline says when Elapsed would next do something. Between Start and
// Spawned the outcome of the fork is not known: the state is STARTING without a pid. A
// stop in that time is signalled when the pid is known; if the start hangs, the stop
// gives it up.
//
// A Machine is not safe for concurrent use: its owner is the loop.
package process
