// Package order decides who waits for whom: which start has to wait for which other
// process, what is started and stopped before what, and what follows when a process stops
// or dies that others need.
//
// It has two halves. [Resolve] reads the depends_on of a configuration and refuses what
// can't work; [GraphOf] and [Analyze] show the result and what it cost at boot. A
// [Machine] decides at run time. It is pure: facts and requests come in, effects go out.
// There is no clock, no I/O and no goroutine, and none of it may be used by two goroutines
// at a time.
//
// # How to use a Machine
//
// The owner, the loop, carries processes out and knows their states:
//
//	effects := m.Start(ids, order.Request{Reason: "boot"})
//	effects = m.Changed(id, facts)      // whenever a fact changes
//	effects = m.Stop(ids, "request")
//
// Effects are carried out in one queue, first in, first out: those of a call that is made
// while an effect is carried out come after those that are there already. Each Start and
// Stop that was carried out is followed by a call of Changed for its process, even if
// nothing came of it.
//
// Every start of a process is asked for here, the restarts and retries of its own included
// (Automatic): the owner asks once, when the start is due, and does nothing until the
// answer. When everything ends the owner calls End and then Stop for one group after the
// other, in its own order, each when the one before it has stopped.
//
// A Machine in which no process has needs is not [Machine.Active] and holds nothing: the
// owner may pass it by.
//
// # What is promised
//
//   - No Start comes before everything that the process needs holds, unless it was asked
//     for Alone. No process has two of them under way.
//   - No more than MaxStarting processes are between their Start and RUNNING.
//   - No Stop comes before those have stopped that need the process and are to stop, too.
//     After End these are all that need it.
//   - What can start at the same time starts in the order in which it was asked for, and
//     so is what can stop. Where nothing is related that is the caller's order exactly.
//   - A start that was asked for ends in a Start, an Over or a Fail. One that somebody
//     waits for (Wait) does not wait for what nobody is working on: then it fails, and the
//     reason names the cause.
//   - There is always progress: dependencies form no circle, also if processes come and
//     go, because Add refuses what would close one. So whatever waits, waits for something
//     that does not wait for it.
//
// # What it never does
//
// It knows no time: no condition is ever a delay. It does not decide whether a process
// that ended is started again, or how often; it only holds such a start back. It stops no
// process because a condition of its start holds no longer, only when what it needs stops
// or dies, and only as its on_dependency says. It starts nothing for an automatic start
// but the process itself.
//
// # Cost
//
// A call costs what it touches: the processes it is about, the gates these are in, and the
// dependants of gates that open or shut. Processes and dependants meet in gates, so n
// processes that need m others take n + m entries, not n × m. Nothing is polled.
//
// # Words
//
//	need         one entry of depends_on: a target and a condition
//	target       what a need names: a program, a group, or a process
//	condition    what the target has to be: ready, started, healthy, done, exited
//	dependant    a process with needs; dependency: a process that a need means
//	fulfil       a process fulfils a condition if it is what that asks for
//	gate         a need as all that have it see it: open while all its members fulfil the
//	             condition, else shut
//	member       of a gate: a process that its target means at the moment
//	user         of a gate: a process that has the need
//	automatic    of a start: nobody waits for it, and it waits for as long as it takes
//	explicit     of a start: somebody asked for it, so what is needed is started, too
//	hopeless     of a process: it will not get anywhere unless somebody starts it
//	leaving      of a process: it is to be stopped, or stopping
//	task         something else than a process that is to be done when its needs hold
//	wave         the starts that have equally many starts before them
//	critical path  the chain of needs that decided how long boot took
package order
