package judge

import (
	"fmt"
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
// and none came twice, but for the one that was with it when the daemon was killed.
// Sessions is how often a listener may have begun.
func InOrder(heard []Heard, sessions, kills int) []string {
	var wrong list
	var last Heard
	begins, again := 0, 0
	for _, h := range heard {
		switch {
		case h.Begin:
			begins++
			last = Heard{}
			continue
		case last.Name == "":
		case h.Pool == last.Pool && h.Serial == last.Serial && kills > 0:
			again++
		case h.Pool != last.Pool+1:
			wrong.add("events: after number %d of the pool (serial %d, %s) comes number %d (serial %d, %s)", last.Pool, last.Serial, last.Name, h.Pool, h.Serial, h.Name)
		case h.Serial <= last.Serial:
			wrong.add("events: after serial %d comes serial %d (%s)", last.Serial, h.Serial, h.Name)
		}
		last = h
	}
	if begins > sessions {
		wrong.add("events: the listener was started %d times in %d sessions", begins, sessions)
	}
	if again > kills {
		wrong.add("events: %d came twice after %d kills of the daemon", again, kills)
	}
	return wrong
}

// AllOnce checks what a pool heard whose listeners fail: each number was heard, by anyone,
// in each session. A session begins where numbers begin again.
func AllOnce(heard []Heard) []string {
	var wrong list
	seen := map[uint64]bool{}
	var low, high uint64
	check := func() {
		missing := 0
		for n := low; n <= high && len(seen) > 0; n++ {
			if !seen[n] {
				missing++
				if missing <= 3 {
					wrong.add("events of listeners that fail: number %d of the pool was never heard (heard: %d to %d)", n, low, high)
				}
			}
		}
		clear(seen)
	}
	for _, h := range heard {
		if h.Begin {
			continue
		}
		if len(seen) > 0 && h.Name == "SUPERVISOR_SESSION" {
			check()
		}
		if len(seen) == 0 {
			low, high = h.Pool, h.Pool
		}
		seen[h.Pool] = true
		low, high = min(low, h.Pool), max(high, h.Pool)
	}
	check()
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
