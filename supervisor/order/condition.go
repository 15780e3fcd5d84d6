package order

import (
	"fmt"
	"slices"
	"strings"

	"reeve/supervisor/process"
)

// Condition is what a dependant waits for. The zero value is Ready.
type Condition uint16

// The conditions of depends_on. Facts.Holds has their exact meaning.
const (
	Ready   Condition = iota // it is RUNNING; of a oneshot: it is done
	Started                  // a child exists, or it is done
	Healthy                  // it is RUNNING and its health check succeeds
	Done                     // it ended as expected and stays so
	Exited                   // it ended, however, and stays so
)

// since marks a condition of the plug-ins: the other bits are the States that count.
const since Condition = 1 << 15

// Since returns the condition that the plug-ins know: the process was in one of the
// states at any time since boot, whatever it is now.
func Since(s States) Condition { return since | Condition(s) }

var conditionNames = []string{Ready: "ready", Started: "started", Healthy: "healthy", Done: "done", Exited: "exited"}

// String returns the word of depends_on, or the states of Since, as the plug-in writes
// them.
func (c Condition) String() string {
	if c&since != 0 {
		return States(c &^ since).String()
	}
	return conditionNames[c]
}

// ParseCondition returns the condition of that name. Names are lower case.
func ParseCondition(word string) (c Condition, ok bool) {
	i := slices.Index(conditionNames, word)
	return Condition(max(i, 0)), i >= 0
}

// sinceWord tells the text of Since from the word of depends_on: exited is both.
const sinceWord = "since "

// MarshalText returns a text that UnmarshalText reads.
func (c Condition) MarshalText() ([]byte, error) {
	if c&since != 0 {
		return []byte(sinceWord + c.String()), nil
	}
	return []byte(c.String()), nil
}

// UnmarshalText reads what MarshalText has written.
func (c *Condition) UnmarshalText(text []byte) error {
	parsed, ok := ParseCondition(string(text))
	if states, is := strings.CutPrefix(string(text), sinceWord); is {
		var set States
		set, ok = parseStates(states)
		parsed = Since(set)
	}
	if !ok {
		return fmt.Errorf("%s is no condition", quote(string(text)))
	}
	*c = parsed
	return nil
}

// up reports whether the condition asks for something that runs, so that the end of the
// dependency concerns a dependant that runs already.
func (c Condition) up() bool { return c == Ready || c == Started || c == Healthy }

// States is a set of states of a process.
type States uint16

// StatesOf returns a set.
func StatesOf(states ...process.State) States {
	var set States
	for _, s := range states {
		set |= 1 << slices.Index(process.States, s)
	}
	return set
}

// String returns the names in lower case, with commas.
func (set States) String() string {
	var names []string
	for i, s := range process.States {
		if set&(1<<i) != 0 {
			names = append(names, strings.ToLower(s.String()))
		}
	}
	if names == nil {
		return never
	}
	return strings.Join(names, ",")
}

// never is the empty set.
const never = "never"

// parseStates reads what String has written.
func parseStates(text string) (set States, ok bool) {
	if text == never {
		return 0, true
	}
	for word := range strings.SplitSeq(text, ",") {
		s, ok := stateOf(word)
		if !ok {
			return 0, false
		}
		set |= StatesOf(s)
	}
	return set, true
}

// stateOf returns the state of that name, in any case.
func stateOf(word string) (process.State, bool) {
	i := slices.IndexFunc(process.States, func(s process.State) bool { return strings.EqualFold(s.String(), word) })
	return process.States[max(i, 0)], i >= 0
}

// Facts are what the owner of a Machine knows of a process. That it is ready is none of
// them: RUNNING means ready.
type Facts struct {
	State    process.State
	Child    bool // a child exists; of STARTING: the fork has succeeded
	Healthy  bool // the last result of its health check was good
	Expected bool // EXITED: with one of its exitcodes; of a oneshot: with success
	// EXITED: another start follows without being asked for (autorestart), at once or
	// after a delay.
	Restarts bool
	Reached  States // those that it was in before, perhaps for an instant; for Since
}

// Holds reports whether a condition of depends_on holds. oneshot says what kind of
// program it is: one that has ended is what a server is when it runs.
func (f Facts) Holds(c Condition, oneshot bool) bool {
	over := f.State == process.Exited && !f.Restarts
	done := over && f.Expected
	switch c {
	case Ready:
		return !oneshot && f.State == process.Running || oneshot && done
	case Started:
		return f.Child && (f.State == process.Starting || f.State == process.Running) || done
	case Healthy:
		return f.State == process.Running && f.Healthy
	case Done:
		return done
	case Exited:
		return over
	}
	return false
}

// up reports whether there is something that can stop or die.
func (f Facts) up() bool { return f.Child && f.State != process.Stopping }

// startable reports whether a start can begin. BACKOFF is among the states because a
// retry is a start.
func (f Facts) startable() bool {
	switch f.State {
	case process.Stopped, process.Exited, process.Fatal, process.Backoff:
		return true
	case process.Starting, process.Running, process.Stopping, process.Unknown:
	}
	return false
}
