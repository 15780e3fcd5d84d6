// Package supervisor runs the processes of a configuration: the loop, the groups, the
// event listener pools, the daemon's end.
//
// # The loop
//
// One goroutine owns every process, group, pool and timer (loop.go). It waits for one
// thing, does it, does everything that follows from it, and waits again:
//
//	requests of callers ─┐                  ┌─► Kernel: start, signal  (internal/spawn)
//	outcomes of starts  ─┤                  ├─► capture: attach, drain (internal/capture)
//	exits               ─┼─► loop ─► settle ┼─► main log
//	captured output     ─┤                  ├─► events to pools (internal/delivery)
//	the one timer       ─┘                  └─► replies
//
// It never waits for anything else: whatever may block (exec, disks, look-ups of users,
// pipes that nobody reads) happens in the packages below or on the caller's goroutine,
// and reports back through a channel.
//
// # What decides
//
// The rules of a process are in process.Machine, which is pure: it is given each event
// and its time, and answers with effects that the loop carries out in order (child.go).
// Which event goes to which listener is decided in internal/delivery in the same way.
//
// # What is owned by whom
//
// The loop receives, tells the machine and carries out. What it knows is kept by types
// that know nothing of it:
//
//	groups   the configuration read last, the active groups, their processes (groups.go)
//	events   the bus, and the way of an event to a listener (bus.go)
//	streams  pipes and logs of the running children (streams.go)
//	jobs     starts and stops that wait to be answered (job.go)
//	readers  the snapshot, and who watches it (snapshot.go)
//	ending   how far a shutdown is (shutdown.go)
//
// Whatever is to happen at an instant is an entry in one queue (internal/deadline) for
// which the one timer is set; a new kind of deadline is a type with the method expire.
// What else a new capability has to remember belongs to one of these types, or to one of
// its own, and in any case to the saved state (handoff.go).
//
// # Order
//
// An exit is published after everything that the child wrote was read (fact 175). Events
// get their serial in the order in which things happened on the loop. Groups are started
// by ascending priority number and stopped by descending (shutdown.go).
//
// # Reading
//
// AllInfo returns a snapshot that all readers share and that the next change discards, so
// that polling clients cost the loop one copy per change and not one per request.
package supervisor
