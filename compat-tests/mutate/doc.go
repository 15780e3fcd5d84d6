// Command mutate shows that the compatibility tests notice defects. It plants small ones
// in our code, one at a time, and compares each result with the recorded answers of the
// original.
//
//	go run ./compat-tests/mutate [-run REGEXP] [-parallel N] [-v]
//
// A mutation is a row of the tables in mutations_*.go: a file, a piece of its text that
// occurs once, the text that replaces it, and the script of compat-tests in which a
// comparison has to fail. Nothing is written into the source: the mutated file is laid
// over it (go build -overlay). Only the named script is played, against its transcript,
// so the original need not be installed. First the unchanged code must pass every named
// script, so that a comparison that fails anyway does not count.
//
// A mutation is caught if the comparison of a fact shows a difference other than a step's
// timeout. Any other result is reported and makes the status 1: survived, not compared
// (the script could not be played), does not build, does not apply. Some scripts need
// root. A full run needs about a quarter of an hour of processor time, so it is not part
// of go test; the check that every row still applies is.
package main
