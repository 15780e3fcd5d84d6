package roll

import (
	"time"

	"reeve/supervisor/process"
)

// Saved is a roll as data that another process on the same machine can go on from.
type Saved struct {
	Roll  Roll
	Until process.Instant `json:",omitzero"`
}

// Save returns the roll as data; now and mono are readings of the two clocks at the same
// moment.
func (r *Roll) Save(now time.Time, mono time.Duration) Saved {
	return Saved{*r, process.InstantOf(r.Until, now, mono)}
}

// Restore is the inverse of Save.
func (s Saved) Restore(now time.Time, mono time.Duration) *Roll {
	r := s.Roll
	r.Until = s.Until.Time(now, mono)
	return &r
}
