// Package delivery decides which event goes to which listener, and when.
//
// A [Bus] numbers events and offers each to the pools that subscribed to its type. A
// [Pool] is the buffer in front of the processes of one event listener group; a
// [Listener] is the state of the event protocol with one of these processes. All of it is
// plain data: there is no clock, no I/O and no goroutine, and none of it may be used by
// two goroutines at a time. What must be done comes back as [Effect] values, in the order
// in which it must be done.
//
// # Order
//
// An event that some pool wants gets the next serial number; one that no pool wants has
// none (fact 197: serial and poolserial). A pool delivers in the order of its buffer, the
// oldest event first, to the first of its processes that is free (fact 199). Pools do not
// wait for one another.
//
// # Overflow
//
// Publish never waits. A full buffer drops its oldest event and logs that (fact 200).
// Until a listener of the pool has been READY and has caught up, the buffer holds the
// events of boot (row boot-events of docs/compat.md).
//
// # Redelivery
//
// An event is delivered at least once. One that a listener rejected, answered against the
// protocol, or was working on when it ended goes to the head of its own pool's buffer
// (facts 201 and 205-207; row rejected-event of docs/compat.md). After three rejections
// in a row the pool pauses, longer each time up to a second, so that a listener that
// accepts nothing does not keep the daemon busy.
package delivery
