// Package roll decides in which steps processes are restarted a few at a time, so that the
// others go on serving meanwhile. It is pure: what becomes of each process and the passing
// of time come in, effects go out, in the order in which they must be carried out.
//
// A Roll takes the next batch when every process of the one before is available again:
// RUNNING, and healthy if its health is checked. A batch that does not get there stops the
// roll. What was replaced until then stays so, or with Options.Revert is replaced again,
// by what it was.
//
// Extra processes (surge) are started before anything is replaced, and leave in the end.
package roll
