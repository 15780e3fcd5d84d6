package check

import (
	"time"

	"reeve/supervisor/process"
)

// Saved is a Machine as plain data that survives an exec: see process.Saved.
type Saved struct {
	Machine  Machine // its instants are not used
	Instants []process.Instant
}

// instants are the fields that hold points in time, except for display.
func (m *Machine) instants() []*time.Time {
	return []*time.Time{&m.Since, &m.Begun, &m.ReadyDue, &m.Asked, &m.Next, &m.AliveDue, &m.QuitDue}
}

// Save returns the machine as data; now and mono are readings of the two clocks at the
// same moment.
func (m *Machine) Save(now time.Time, mono time.Duration) Saved {
	s := Saved{Machine: *m}
	for _, t := range s.Machine.instants() {
		s.Instants = append(s.Instants, process.InstantOf(*t, now, mono))
		*t = time.Time{}
	}
	return s
}

// Restore returns the machine that was saved; now and mono are readings of the two clocks
// at the same moment. If the daemon's probes did not survive, Lost must be called.
func (s Saved) Restore(now time.Time, mono time.Duration) *Machine {
	m := s.Machine
	for i, t := range m.instants() {
		if i < len(s.Instants) {
			*t = s.Instants[i].Time(now, mono)
		}
	}
	return &m
}
