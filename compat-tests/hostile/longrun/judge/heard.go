package judge

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Heard is an event that a listener got, or the beginning of a listener.
type Heard struct {
	Begin    bool
	Listener string
	Name     string // of the event
	Serial   uint64
	Pool     uint64 // serial in the pool
	Payload  string
}

// AppendHeard appends an event as it is noted down: a line with the header's pairs and the
// length of the payload, then the payload.
func AppendHeard(b []byte, h Heard) []byte {
	name := h.Name
	if h.Begin {
		name = "-"
	}
	return fmt.Appendf(b, "%s %s %d %d %d\n%s\n", h.Listener, name, h.Serial, h.Pool, len(h.Payload), h.Payload)
}

// ReadHeard reads what was noted down. A last record that is not complete is left out.
func ReadHeard(text string) (all []Heard, err error) {
	for text != "" {
		head, rest, ok := strings.Cut(text, "\n")
		f := strings.Fields(head)
		if !ok {
			return all, nil
		}
		if len(f) != 5 {
			return all, fmt.Errorf("a record begins with %.100q", head)
		}
		h := Heard{Listener: f[0], Name: f[1], Begin: f[1] == "-"}
		h.Serial, _ = strconv.ParseUint(f[2], 10, 64)
		h.Pool, _ = strconv.ParseUint(f[3], 10, 64)
		n, _ := strconv.Atoi(f[4])
		if len(rest) < n+1 {
			return all, nil
		}
		h.Payload, text = rest[:n], rest[n+1:]
		all = append(all, h)
	}
	return all, nil
}

// InOrder checks what a pool of one listener heard that never fails: no event is missing,
// and none came twice, but for the one that was with it when the daemon was killed. That
// may cost a listener its life. The pool counts from the start in each session.
func InOrder(heard []Heard, sessions, kills int) []string {
	var wrong list
	var last Heard
	begins, resets, again, begun := 0, 1, 0, false
	for _, h := range heard {
		if h.Begin {
			begins, begun = begins+1, true
			continue
		}
		switch {
		case last.Name == "" || h.Pool == last.Pool+1 && h.Serial > last.Serial:
		case h.Pool == last.Pool && h.Serial == last.Serial && kills > 0:
			again++
		case begun && h.Pool < last.Pool && h.Serial > last.Serial:
			resets++
		default:
			wrong.add("events: after number %d of the pool (serial %d, %s) comes number %d (serial %d, %s)", last.Pool, last.Serial, last.Name, h.Pool, h.Serial, h.Name)
		}
		last, begun = h, false
	}
	if begins > sessions+kills {
		wrong.add("events: the listener was started %d times in %d sessions with %d kills", begins, sessions, kills)
	}
	if resets > sessions {
		wrong.add("events: the pool counted from the start %d times in %d sessions", resets, sessions)
	}
	if again > kills {
		wrong.add("events: %d came twice after %d kills of the daemon", again, kills)
	}
	return wrong
}

// Ending is the end of a session, from the event that says so to the first of the next one.
type Ending struct{ From, To uint64 }

// Endings returns the ends of sessions, by what a listener heard that never fails.
func Endings(heard []Heard) (all []Ending) {
	var last, stop Heard
	for _, h := range heard {
		if h.Begin {
			continue
		}
		if h.Pool < last.Pool {
			all = append(all, Ending{cmp.Or(stop, last).Serial, h.Serial})
			stop = Heard{}
		}
		if last = h; h.Name == "SUPERVISOR_STATE_CHANGE_STOPPING" {
			stop = h
		}
	}
	if stop.Name != "" {
		all = append(all, Ending{stop.Serial, math.MaxUint64})
	}
	return all
}

// AllOnce checks what a pool heard whose listeners fail: each event of each session was
// heard, by any of them, up to its end: then nobody is started again in their place.
func AllOnce(heard []Heard, endings []Ending) []string {
	var wrong list
	sorted := slices.DeleteFunc(slices.Clone(heard), func(h Heard) bool { return h.Begin })
	slices.SortStableFunc(sorted, func(a, b Heard) int { return cmp.Compare(a.Serial, b.Serial) })
	for i := 1; i < len(sorted); i++ {
		was, is := sorted[i-1], sorted[i]
		switch {
		case is.Serial == was.Serial && is.Pool != was.Pool:
			wrong.add("events of listeners that fail: serial %d is number %d and %d of the pool", is.Serial, was.Pool, is.Pool)
		case is.Pool > was.Pool+1 && !slices.ContainsFunc(endings, func(e Ending) bool { return is.Serial > e.From && was.Serial < e.To }):
			wrong.add("events of listeners that fail: numbers %d to %d of the pool, before serial %d, were never heard", was.Pool+1, is.Pool-1, is.Serial)
		}
	}
	return wrong
}

// Remote checks that each numbered event that a client has sent was heard, in order and
// once, or twice if the daemon was killed; those after the last one that was heard may be
// under way.
func Remote(heard []Heard, sent []int, kills int) []string {
	var wrong list
	count := map[int]int{}
	for _, h := range heard {
		if h.Name != "REMOTE_COMMUNICATION" {
			continue
		}
		_, data, _ := strings.Cut(h.Payload, "\n")
		n, err := strconv.Atoi(strings.TrimPrefix(data, "number "))
		if err != nil {
			wrong.add("events: a client's event has the payload %.100q", h.Payload)
			continue
		}
		count[n]++
	}
	again := 0
	for _, n := range sent {
		switch {
		case count[n] == 0:
			wrong.add("events: number %d of a client was never heard", n)
		case count[n] > 1:
			again += count[n] - 1
		}
	}
	if again > kills {
		wrong.add("events: %d of clients came twice", again)
	}
	return wrong
}
