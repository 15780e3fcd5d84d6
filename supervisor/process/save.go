package process

import "time"

// Saved is a Machine as plain data that survives an exec. Go's monotonic readings do not
// survive it, so instants are kept as offsets on the system's monotonic clock, which goes
// on counting.
type Saved struct {
	Machine Machine   // without its instants and its Policy
	Started Instant   `json:",omitzero"`
	Stopped Instant   `json:",omitzero"`
	Ended   Instant   `json:",omitzero"`
	Due     Instant   `json:",omitzero"`
	Limit   Instant   `json:",omitzero"`
	Born    Instant   `json:",omitzero"`
	Starts  []Instant `json:",omitempty"`
	Held    *Policy   `json:",omitempty"` // of the run under way, if it is another one
}

// Instant is a point in time that another process on the same machine can read.
type Instant struct {
	Set  bool
	Mono time.Duration // on the system's monotonic clock
}

// InstantOf converts t; now and mono are readings of the two clocks at the same moment.
func InstantOf(t, now time.Time, mono time.Duration) Instant {
	if t.IsZero() {
		return Instant{}
	}
	return Instant{Set: true, Mono: mono + t.Sub(now)}
}

// Time is the inverse of InstantOf, in a process whose clocks read now and mono at the
// same moment.
func (i Instant) Time(now time.Time, mono time.Duration) time.Time {
	if !i.Set {
		return time.Time{}
	}
	return now.Add(i.Mono - mono)
}

// Save returns the machine as data; now and mono are readings of the two clocks at the
// same moment.
func (m *Machine) Save(now time.Time, mono time.Duration) Saved {
	s := Saved{
		Machine: *m,
		Started: InstantOf(m.Started, now, mono),
		Stopped: InstantOf(m.Stopped, now, mono),
		Ended:   InstantOf(m.Ended, now, mono),
		Due:     InstantOf(m.Due, now, mono),
		Limit:   InstantOf(time.Time(m.Limit), now, mono),
		Born:    InstantOf(m.Born, now, mono),
	}
	for _, t := range m.Starts {
		s.Starts = append(s.Starts, InstantOf(t, now, mono))
	}
	if m.Coming != nil {
		held := m.Policy
		s.Held = &held
	}
	return s
}

// Restore returns the machine that was saved, with its policy; now and mono are readings of
// the two clocks at the same moment.
func (s Saved) Restore(p Policy, now time.Time, mono time.Duration) *Machine {
	m := s.Machine
	if m.Policy = p; s.Held != nil {
		m.Policy, m.Coming = *s.Held, &p
	}
	m.Started, m.Stopped, m.Due = s.Started.Time(now, mono), s.Stopped.Time(now, mono), s.Due.Time(now, mono)
	m.Ended = s.Ended.Time(now, mono)
	m.Limit, m.Born = Limiter(s.Limit.Time(now, mono)), s.Born.Time(now, mono)
	m.Starts = nil
	for _, i := range s.Starts {
		m.Starts = append(m.Starts, i.Time(now, mono))
	}
	return &m
}
