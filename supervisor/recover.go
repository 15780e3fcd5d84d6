package supervisor

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"os"
	"slices"
	"syscall"

	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/keeper"
	"reeve/supervisor/process"
)

// Recover returns what a daemon that has died suddenly would have handed over, from what
// the keeper has held for it, and the head of its trail. The descriptors that are not
// used are closed. Callers' waits and what was read from pipes and not yet written to logs
// are lost.
func Recover(all []keeper.Held) (h *Handed, head json.RawMessage, err error) {
	h = &Handed{pipes: map[capture.ID]int{}}
	var left remains
	sockets := map[uint64]int{}
	for _, d := range all {
		switch d.Tag.Class {
		case keeper.Trail:
			left, err = readTrail(d.FD)
			_ = syscall.Close(d.FD)
		case keeper.Pipe:
			_ = syscall.SetNonblock(d.FD, true) // that of a child under way is not yet
			h.pipes[capture.ID{Proc: d.Tag.Owner, Channel: capture.Channel(d.Tag.Place)}] = d.FD
		case keeper.Socket:
			sockets[d.Tag.Owner] = d.FD
		case keeper.Marks:
			if text, err := spawn.ReadAll(d.FD); err == nil {
				h.marks = capture.ReadMarks(text)
			}
			_ = syscall.Close(d.FD)
		case keeper.Notify:
			h.Notify = &handedNotifier{FD: d.FD}
		case keeper.Listener, keeper.Program: // the caller's
		}
	}
	s := left.loop
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("cannot go on from the state of the daemon that died: %w", err)
	case s == nil:
		return nil, nil, errors.New("cannot go on from the daemon that died: the keeper holds no state of it")
	}
	h.Loop = s
	if h.Notify != nil {
		h.Notify.Address = s.NotifyAddress
	}
	s.Jobs, s.Unclaimed = nil, nil
	h.Kernel.Exits, h.Kernel.Kept = split(s, left.exits)
	h.heard, h.adopted, h.unread = left.heard, map[uint64]int{}, map[uint64]bool{}
	for row, heard := range left.heard {
		if fd, ok := h.pipes[capture.ID{Proc: row, Channel: capture.Stdout}]; ok {
			capture.Skip(fd, heard)
		}
	}
	h.takeSockets(s, sockets)
	h.takeStarts(&left)
	return h, left.head, nil
}

// takeSockets finds out whose the sockets of programs are, and closes those of nobody.
func (h *Handed) takeSockets(s *saved, sockets map[uint64]int) {
	for gi := range s.Groups {
		for i := range s.Groups[gi].Children {
			for _, key := range launch.SocketKeys(s.groupConfig(&s.Groups[gi]).Processes[i]) {
				if fd, ok := sockets[socketOwner(key)]; ok {
					h.Sockets = append(h.Sockets, launch.HandedSocket{Key: key, FD: fd})
					delete(sockets, socketOwner(key))
				}
			}
		}
	}
	for _, fd := range sockets {
		_ = syscall.Close(fd)
	}
}

// takeStarts finds out what has come of the starts that were under way, and kills what has
// come of those that were given up.
func (h *Handed) takeStarts(left *remains) {
	known := slices.Clone(h.Kernel.Kept)
	var strays []spawn.Stray
	var forking, dropped []*savedChild
	s := left.loop
	for gi := range s.Groups {
		g := &s.Groups[gi]
		for i := range g.Children {
			switch c := &g.Children[i]; {
			case c.Forking == 0:
			case left.revoked[c.Forking]:
				dropped = append(dropped, c)
			default:
				cfg := s.groupConfig(g)
				forking, known = append(forking, c), append(known, left.made[c.Forking])
				strays = append(strays, spawn.Stray{Group: cfg.Name, Name: cfg.Processes[i].Name, Asked: c.Asked.Mono, Pipes: h.pipesOf(c.Forking)})
			}
		}
	}
	var revoked []uint64
	for row := range left.revoked {
		revoked, known = append(revoked, row), append(known, left.made[row])
		strays = append(strays, spawn.Stray{Pipes: h.pipesOf(row), Revoked: true})
	}
	found := spawn.FindStrays(os.Getppid(), known, strays)
	for i, c := range forking {
		h.adopt(c, cmp.Or(left.made[c.Forking], found[i]), left.exits)
	}
	for i, row := range revoked {
		pid := cmp.Or(left.made[row], found[len(forking)+i])
		if _, ended := left.exits[pid]; pid != 0 && !ended {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
	}
	for _, c := range dropped {
		h.adopt(c, 0, nil)
	}
}

// pipesOf returns our ends of the pipes of a start's child.
func (h *Handed) pipesOf(row uint64) (fds []int) {
	for id, fd := range h.pipes {
		if id.Proc == row {
			fds = append(fds, fd)
		}
	}
	return fds
}

// adopt goes on with the child that a start under way has made. If none is found, or its
// output is lost, the start is made again; a child of it is killed before.
func (h *Handed) adopt(c *savedChild, pid int, ends map[int]process.Exit) {
	_, whole := h.pipes[capture.ID{Proc: c.Forking, Channel: capture.Stdout}]
	e, ended := ends[pid]
	switch {
	case pid != 0 && whole && spawn.Exists(pid):
		h.adopted[c.Forking], h.Kernel.Kept = pid, append(h.Kernel.Kept, pid)
	case pid != 0 && whole && ended:
		h.adopted[c.Forking], h.Kernel.Exits = pid, append(h.Kernel.Exits, spawn.HandedExit{Pid: pid, Status: e})
	default:
		if pid != 0 && !ended {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
		}
		c.Forking, c.Postponed = 0, c.Machine.Machine.State == starting
	}
}

// socketOwner is under which number a socket of a program is held.
func socketOwner(key string) uint64 {
	f := fnv.New64a()
	_, _ = f.Write([]byte(key))
	return f.Sum64()
}

// split says of which children the end is known, and which live on with the keeper, as far
// as is known.
func split(s *saved, ends map[int]process.Exit) (exits []spawn.HandedExit, kept []int) {
	if s == nil {
		return nil, nil
	}
	for _, g := range s.Groups {
		for _, c := range g.Children {
			pid := c.Machine.Machine.Pid
			if pid == 0 || c.Exit != nil {
				continue
			}
			e, ended := ends[pid]
			if spawn.Exists(pid) {
				kept = append(kept, pid) // if it has ended the keeper will say so
				continue
			}
			if !ended {
				e = process.Exit{Code: -1} // its status is lost
			}
			exits = append(exits, spawn.HandedExit{Pid: pid, Status: e})
		}
	}
	return exits, kept
}

// remains are what a trail says in the end.
type remains struct {
	loop  *saved
	head  json.RawMessage
	exits map[int]process.Exit // of children, that the loop has not handled
	made  map[uint64]int       // children, by row
	// Starts that were given up, and of which something may be left.
	revoked map[uint64]bool
	heard   map[uint64][]byte // by row: what the loop has not handled of a listener's answers
	taken   map[uint64]uint64 // by row: how many bytes it has
}

func readTrail(fd int) (remains, error) {
	text, err := spawn.ReadAll(fd)
	if err != nil {
		return remains{}, err
	}
	return replay(text)
}

func noRemains() remains {
	return remains{exits: map[int]process.Exit{}, made: map[uint64]int{}, revoked: map[uint64]bool{}, heard: map[uint64][]byte{}, taken: map[uint64]uint64{}}
}

// replay reads records up to the first that is torn.
func replay(text []byte) (left remains, err error) {
	left = noRemains()
	for len(text) >= 8 {
		n := int(binary.LittleEndian.Uint32(text))
		if n < 0 || n > len(text)-8 {
			break
		}
		body := text[8 : 8+n]
		if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(text[4:]) {
			break
		}
		text = text[8+n:]
		var r trailRecord
		if err := json.Unmarshal(body, &r); err != nil {
			return remains{}, err
		}
		switch {
		case r.Base != nil:
			// What is not handled is written down again behind it.
			left = noRemains()
			if left.loop, left.head = r.Base, r.Head; !r.Base.whole() {
				return remains{}, errors.New("its beginning is incomplete, or of another version")
			}
			for _, g := range r.Base.Groups {
				for _, c := range g.Children {
					left.taken[c.Row] = c.Heard
				}
			}
		case left.loop == nil:
			return remains{}, errors.New("it does not begin with a whole state")
		}
		left.apply(&r)
	}
	if left.loop == nil {
		return remains{}, errors.New("it is empty")
	}
	return left, nil
}

// whole reports whether a program of this version can go on from s, as far as it can be
// seen at once.
func (s *saved) whole() bool {
	if CheckHanded(&Handed{Loop: s}) != nil || slices.Contains(s.Config.Groups, nil) {
		return false
	}
	for i := range s.Groups {
		g := &s.Groups[i]
		if g.Config == nil && (g.Current < 0 || g.Current >= len(s.Config.Groups)) || len(g.Children) > len(s.groupConfig(g).Processes) {
			return false
		}
	}
	return true
}

// apply makes the changes of a record.
func (left *remains) apply(r *trailRecord) {
	s := left.loop
	left.witnessed(r)
	for _, changed := range r.Children {
		if c := s.child(changed.Group, changed.Child.Order); c != nil {
			if before := c.Machine.Machine.Pid; before != changed.Child.Machine.Machine.Pid {
				delete(left.exits, before) // it was handled
			}
			*c = changed.Child
			left.handled(c.Row, c.Heard)
		}
	}
	if n := r.Numbers; n != nil {
		s.Born, s.Starts, s.Asked, s.Bus, s.Status = n.Born, n.Starts, n.Asked, n.Bus, n.Status
	}
	for _, p := range r.Pools {
		for i := range s.Groups {
			if g := &s.Groups[i]; s.groupConfig(g).Name == p.Group {
				buffer := p.Changes.Apply(g.Buffer)
				g.savedPool = p.Pool
				g.Buffer = buffer
			}
		}
	}
	if r.Order != nil {
		s.Order = *r.Order
	}
}

// witnessed applies what was written down where it was seen.
func (left *remains) witnessed(r *trailRecord) {
	if e := r.Exit; e != nil {
		left.exits[e.Pid] = e.Status
	}
	if m := r.Made; m != nil {
		left.made[m.Row] = m.Pid
	}
	if g := r.Revoked; g != nil {
		if left.revoked[g.Row] = true; g.Gone {
			delete(left.revoked, g.Row)
		}
	}
	if h := r.Heard; h != nil {
		left.heard[h.Row] = append(left.heard[h.Row], h.Data...)
	}
	if e := r.Sent; e != nil {
		for _, g := range left.loop.Groups {
			for i := range g.Children {
				if c := &g.Children[i]; c.Row == e.Row {
					c.Sent = e.Serial
				}
			}
		}
	}
}

// handled notes that the loop has handled that many bytes of a listener's answers.
func (left *remains) handled(row, bytes uint64) {
	data := left.heard[row]
	left.heard[row] = data[min(bytes-left.taken[row], uint64(len(data))):]
	left.taken[row] = bytes
}

func (s *saved) child(group string, order uint64) *savedChild {
	for i := range s.Groups {
		g := &s.Groups[i]
		if s.groupConfig(g).Name != group {
			continue
		}
		for j := range g.Children {
			if g.Children[j].Order == order {
				return &g.Children[j]
			}
		}
	}
	return nil
}
