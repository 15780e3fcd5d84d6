// Package judge says what was wrong in a long run. Each function gets what was observed and
// returns violations, in words; nothing is read, asked or waited for here.
//
// What is certain is what the programs of the run have noted by themselves: who ran from
// when on, how many lines it has written, how it ended (Run). The rest is held against it.
package judge

import "fmt"

// Run is a life of a program, as it has noted itself.
type Run struct {
	Process string // without its group
	Pid     int
	Began   int64 // in nanoseconds; with the pid it is the name of the run
	Ended   bool  // it is no longer there
	Status  int   // what it was about to end with; -1: it was not about to
	Twice   bool  // another run of the same process was still there
	Streams [2]Stream
}

// CannotWrite is the status with which a program exits whose pipe nobody reads.
const CannotWrite = 98

// Stream is what was written to stdout or stderr. Lines are numbered from 1.
type Stream struct {
	Done     uint64 // lines written
	Intended uint64 // the last write may have failed or not
	Checked  uint64 // found in the log before, which was cleared since
}

// ID returns the name of the run.
func (r *Run) ID() string { return fmt.Sprintf("%d.%d", r.Pid, r.Began) }

// most bounds how many violations of one kind are printed.
const most = 10

// list collects violations.
type list []string

func (l *list) add(format string, args ...any) {
	if len(*l) < most {
		*l = append(*l, fmt.Sprintf(format, args...))
	}
}
