// Package pytext prints and parses as Python does: upstream's messages, faults and log
// lines contain the output of Python's repr, int, float and errno, and its users' scripts
// parse them.
//
// Text is UTF-8. A byte that is not UTF-8 stands for itself, as it does in Python under
// surrogateescape.
package pytext
