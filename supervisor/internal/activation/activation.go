// Package activation decides about a program whose sockets the daemon holds
// (start_on_connect, idle_timeout): when a connection starts it, and when it is stopped
// because there is none. It is pure: instants and events in, effects out.
//
// A program with start_on_connect is armed or not. What is armed and does not run is
// watched, and a connection starts it. autostart arms it at first, and a start that
// somebody asks for. A stop that somebody asks for disarms it: as if systemd's socket unit
// were stopped as well, but the socket stays open. In FATAL it is not watched.
//
// A program with idle_timeout that runs is looked at a few times within that time: how many
// connections does it have now? Between two looks it is watched, because a connection may
// come and go meanwhile. A look that finds none, after no sign of any for that time, is
// what it is stopped for. Nothing can be lost by that: who connects from then on waits at
// the socket, which is watched again when the program has stopped.
package activation

import (
	"fmt"
	"time"

	"reeve/supervisor/process"
)

// Policy is what the configuration says about one program.
type Policy struct {
	OnConnect   bool
	IdleTimeout time.Duration // 0: none
}

// Facts are what the loop knows of a process now.
type Facts struct {
	State process.State
	// Free says that a connection may start it: no start of it waits for anything, and
	// nothing keeps it from starting.
	Free bool
	// Restarts says that a process in EXITED starts by itself anyway.
	Restarts bool
}

// Effect is something that the owner of a Machine must carry out.
type Effect interface{ isEffect() }

// Watch begins a watch of the sockets, which Connected or Unwatched ends. The owner sets
// Machine.Watch.
type Watch struct{}

// Forget ends a watch.
type Forget struct{ Watch uint64 }

// Start starts the process because of a connection.
type Start struct{}

// Look counts the connections. Looked answers it.
type Look struct{}

// Stop stops the process because it is idle.
type Stop struct{}

// Log is a line for the main log.
type Log struct {
	Level process.Level
	Text  string
}

func (Watch) isEffect()  {}
func (Forget) isEffect() {}
func (Start) isEffect()  {}
func (Look) isEffect()   {}
func (Stop) isEffect()   {}
func (Log) isEffect()    {}

// Machine decides about one process. The fields are plain data; only the methods, and the
// owner where Watch says so, change them.
type Machine struct {
	Name   string
	Policy Policy `json:"-"`

	Armed bool
	Watch uint64 // number of the watch under way; 0: none

	Runs    bool      // it is RUNNING, and idle_timeout is looked after
	Seen    bool      // a connection came since the last look
	Looking bool      // a look is not answered yet
	Unable  bool      // the last look failed
	Active  time.Time `json:"-"` // last sign of a connection, or when it became RUNNING
	Next    time.Time `json:"-"` // look
}

// New returns the machine of a process that does not run. armed is its autostart.
func New(name string, p Policy, armed bool) *Machine {
	return &Machine{Name: name, Policy: p, Armed: armed}
}

// looks is how often it is looked within the idle timeout.
const looks = 4

// Settle is called after anything has changed.
func (m *Machine) Settle(now time.Time, f Facts) (effects []Effect) {
	if runs := f.State == process.Running && m.Policy.IdleTimeout > 0; runs != m.Runs {
		m.Runs, m.Seen, m.Looking, m.Unable = runs, false, false, false
		m.Active, m.Next = now, now.Add(m.Policy.IdleTimeout/looks)
	}
	want := m.Waits(f) || m.Runs && !m.Seen
	switch {
	case want && m.Watch == 0:
		effects = append(effects, Watch{})
	case !want && m.Watch != 0:
		effects = append(effects, Forget{m.Watch})
		m.Watch = 0
	}
	return effects
}

// Waits reports whether the process waits for a connection.
func (m *Machine) Waits(f Facts) bool {
	return m.Policy.OnConnect && m.Armed && f.Free &&
		(f.State == process.Stopped || f.State == process.Exited && !f.Restarts)
}

// Arm is called when somebody asks for a start.
func (m *Machine) Arm() { m.Armed = true }

// Disarm is called when somebody asks for a stop.
func (m *Machine) Disarm() { m.Armed = false }

// Connected reports that a connection waits at a socket. The watch is over.
func (m *Machine) Connected(now time.Time, f Facts) []Effect {
	m.Watch = 0
	switch {
	case m.Runs:
		m.Seen, m.Active = true, now
	case m.Waits(f):
		return []Effect{Log{process.Info, "starting " + m.Name + ": a connection waits"}, Start{}}
	}
	return nil
}

// Unwatched reports that a watch could not be begun, and why. A process that waits is
// started: it has the sockets then, or the start says what is wrong.
func (m *Machine) Unwatched(f Facts, reason string) []Effect {
	m.Watch = 0
	if m.Runs {
		m.Seen = true // until the next look
		return nil
	}
	if !m.Waits(f) {
		return nil
	}
	return []Effect{Log{process.Error, "cannot wait for a connection to " + m.Name + ", which is started: " + reason}, Start{}}
}

// Deadline returns the instant at which Elapsed does something, and whether there is one.
func (m *Machine) Deadline() (time.Time, bool) { return m.Next, m.Runs && !m.Looking }

// Elapsed does what is due at now.
func (m *Machine) Elapsed(now time.Time) []Effect {
	if due, ok := m.Deadline(); !ok || now.Before(due) {
		return nil
	}
	m.Looking = true
	return []Effect{Look{}}
}

// Looked answers a Look. Settle has to follow.
func (m *Machine) Looked(now time.Time, connections int, failure error) []Effect {
	m.Looking = false
	if !m.Runs {
		return nil
	}
	seen := m.Seen
	m.Seen = false
	var effects []Effect
	switch {
	case failure != nil:
		m.Active = now // unknown is not idle
		if !m.Unable {
			effects = append(effects, Log{process.Error, "cannot tell whether " + m.Name + " is idle: " + failure.Error()})
		}
	case connections > 0:
		m.Active = now
	case !seen && now.Sub(m.Active) >= m.Policy.IdleTimeout:
		m.Next = now.Add(m.Policy.IdleTimeout / looks)
		return []Effect{Log{process.Info, fmt.Sprintf("stopping %s: no connection for %s", m.Name, m.Policy.IdleTimeout)}, Stop{}}
	}
	m.Unable = failure != nil
	m.Next = now.Add(m.Policy.IdleTimeout / looks)
	if due := m.Active.Add(m.Policy.IdleTimeout); due.After(now) && due.Before(m.Next) {
		m.Next = due
	}
	return effects
}

// Change puts another policy in force.
func (m *Machine) Change(p Policy) {
	if p.IdleTimeout != m.Policy.IdleTimeout {
		m.Runs = false // Settle begins again
	}
	m.Policy = p
}

// Lost reports that the owner before this one is gone, and with it watches and looks.
func (m *Machine) Lost() { m.Watch, m.Looking = 0, false }

// Saved is a Machine as plain data that survives an exec.
type Saved struct {
	Machine Machine
	Active  process.Instant `json:",omitzero"`
	Next    process.Instant `json:",omitzero"`
}

// Save returns the machine as data; now and mono are readings of the two clocks at the
// same moment.
func (m *Machine) Save(now time.Time, mono time.Duration) Saved {
	s := Saved{*m, process.InstantOf(m.Active, now, mono), process.InstantOf(m.Next, now, mono)}
	s.Machine.Active, s.Machine.Next = time.Time{}, time.Time{}
	return s
}

// Restore returns the machine that was saved, with its policy.
func (s Saved) Restore(p Policy, now time.Time, mono time.Duration) *Machine {
	m := s.Machine
	m.Policy, m.Active, m.Next = p, s.Active.Time(now, mono), s.Next.Time(now, mono)
	return &m
}
