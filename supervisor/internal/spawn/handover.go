package spawn

import (
	"maps"
	"slices"

	"reeve/supervisor/process"
)

// Handed is what a Kernel leaves to its successor in the same process, which may run
// another program (execve): plain data.
type Handed struct {
	Children []int        `json:",omitempty"` // live, their Started was received
	Hidden   []int        `json:",omitempty"` // live, to be reaped without an Exit
	Kept     []int        `json:",omitempty"` // live, children of the keeper
	Exits    []HandedExit `json:",omitempty"` // reaped, not received from Exited, in order
}

// HandedExit is an Exit.
type HandedExit struct {
	Pid    int
	Status process.Exit
	Orphan bool
}

func (k *kernel) HandOver() Handed {
	_ = k.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	h := Handed{Exits: k.left}
	for _, pid := range slices.Sorted(maps.Keys(k.live)) {
		switch k.live[pid] {
		case known:
			h.Children = append(h.Children, pid)
		case kept:
			h.Kept = append(h.Kept, pid)
		case young: // only after a panic; its start will be made again
			kill(pid)
			h.Hidden = append(h.Hidden, pid)
		case hidden:
			h.Hidden = append(h.Hidden, pid)
		}
	}
	return h
}

// leftExits returns the exits that nobody received.
func (l *loop) leftExits() (left []HandedExit) {
	for _, e := range l.exits {
		left = append(left, HandedExit(e))
	}
	return left
}

// take goes on from what an earlier Kernel of this process left. It is called before the
// loop runs.
func (l *loop) take(h Handed) {
	for _, pid := range h.Children {
		l.k.live[pid] = known
	}
	for _, pid := range h.Kept {
		l.k.live[pid] = kept
	}
	for _, pid := range h.Hidden {
		l.k.live[pid] = hidden
	}
	for _, e := range h.Exits {
		l.exits = append(l.exits, Exit(e))
	}
}

// forget drops a starter that was reaped elsewhere.
func (k *kernel) forget(st *starter) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if st.dead {
		delete(k.live, st.pid)
	}
}
