// Package pytext prints and parses as Python does: upstream's messages, faults and log lines are full of
// what Python's repr, int, float and errno say, and its users' scripts read them.
//
// Text is UTF-8. A byte that is not stands for itself, as it does in Python under surrogateescape.
package pytext
