package delivery

import (
	"fmt"
	"time"

	"reeve/supervisor/event"
	"reeve/supervisor/process"
)

// Listener is the state of the event protocol with one process of a pool. The exported
// fields are plain data; the owner sets Name, Row and Up and keeps them up to date.
type Listener struct {
	Name string `json:"-"` // of the process
	Row  uint64 `json:"-"` // by which the owner finds the process
	Up   bool   `json:"-"` // it is RUNNING, and its end is not known

	Parser event.Parser
	Event  *Queued // that it is working on
	Broken bool    // its stdin is closed

	pool *Pool
}

// free reports whether an event can be sent.
func (l *Listener) free() bool {
	return l.Up && l.Parser.State == event.Ready && !l.Broken
}

// Fresh reports whether the child has not said READY yet, for the first time or after its
// last answer.
func (l *Listener) Fresh() bool { return l.Parser.State == event.Acknowledged }

// Waiting returns how many events wait in the buffer of the listener's pool.
func (l *Listener) Waiting() int { return len(l.pool.Buffer) }

// Started is called for a new child with that row. It begins in ACKNOWLEDGED (fact 209).
func (l *Listener) Started(row uint64) {
	l.Row, l.Parser, l.Event, l.Broken = row, event.Parser{}, nil, false
}

// Died is called when the child has ended. It gives back the event that the child was
// working on.
func (l *Listener) Died() []Effect {
	effects := l.rejected(nil)
	l.Up = false
	l.Started(0)
	return effects
}

// Heard handles what a listener wrote to its stdout (facts 204-206: results and rejected
// events).
func (l *Listener) Heard(now time.Time, data []byte) []Effect {
	var effects []Effect
	for _, w := range l.Parser.Feed(data) {
		switch w := w.(type) {
		case event.BadResult:
			effects = l.warn(effects, "bad result line: '"+w.Line+"'")
		case event.Changed:
			effects = l.changed(effects, w.From, w.To)
			if w.To == event.Unknown {
				effects = l.rejected(effects)
			}
		case event.Result:
			var goesOn bool
			if effects, goesOn = l.result(effects, now, w.Body); !goesOn {
				return effects
			}
		}
	}
	return effects
}

// result has the body of a RESULT judged, and reports whether the protocol goes on.
func (l *Listener) result(effects []Effect, now time.Time, body []byte) (_ []Effect, goesOn bool) {
	verdict, more := l.pool.opt.Judge(l.Event, body)
	effects = append(effects, more...)
	switch verdict {
	case Accepted:
		l.Event = nil
		l.pool.satisfied()
		if l.pool.bus.Debug {
			effects = append(effects, Log{process.Debug, l.Name + ": event was processed"})
		}
		effects = l.changed(effects, event.Busy, event.Acknowledged)
	case Rejected:
		effects = l.warn(effects, "event was rejected")
		effects = l.rejected(l.changed(effects, event.Busy, event.Acknowledged))
		l.pool.refused(now)
	case Failed:
		effects = l.warn(effects, "event caused an error")
		l.Parser.Fail()
		return l.rejected(l.changed(effects, event.Busy, event.Unknown)), false
	}
	return effects, true
}

func (l *Listener) warn(effects []Effect, text string) []Effect {
	return append(effects, Log{process.Warn, l.Name + ": " + text})
}

func (l *Listener) changed(effects []Effect, from, to event.ListenerState) []Effect {
	if l.pool.bus.Debug {
		effects = append(effects, Log{process.Debug, fmt.Sprintf("%s: %s -> %s", l.Name, from, to)})
	}
	switch to {
	case event.Ready:
		l.pool.listens()
	case event.Unknown:
		effects = l.warn(effects, "has entered the UNKNOWN state and will no longer receive events, this usually "+
			"indicates the process violated the eventlistener protocol")
	}
	return effects
}

// rejected puts the event that the listener was working on back into its own pool (facts
// 205-207: rejected events, listeners that die).
func (l *Listener) rejected(effects []Effect) []Effect {
	e := l.Event
	if e == nil {
		return effects
	}
	l.Event = nil
	return l.pool.putBack(effects, *e)
}
