package capture

import "time"

// flood decides when to let pipes fill for a moment instead of waking for each line that comes: when input is always there at
// once, and little of it. It is for the rows that the Table reads itself; see feed.go for the others. A program that says
// something now and then never meets it.
type flood struct {
	rounds int // in a row that found input at once
	begun  time.Time
	waited time.Duration // for the first input of this round
	input  bool          // there was any in this round
	filled bool
}

const (
	floodAfter = 4
	atOnce     = 200 * time.Microsecond
)

// begin notes that the Table begins to wait for input.
func (f *flood) begin(now time.Time) { f.begun, f.input, f.filled = now, false, false }

// woken notes that there is input.
func (f *flood) woken(now time.Time) { f.input, f.waited = true, now.Sub(f.begun) }

// read notes that n bytes were in a pipe.
func (f *flood) read(n int) {
	if n >= plainPipe/2 {
		f.filled = true
	}
}

// end notes the end of a round, and returns for how long to sleep.
func (f *flood) end() time.Duration {
	switch {
	case !f.input: // a command or a timeout
		return 0
	case f.waited > atOnce:
		f.rounds = 0
		return 0
	}
	f.rounds++
	if f.rounds < floodAfter || f.filled {
		return 0
	}
	return letItFill
}
