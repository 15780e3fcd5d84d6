package supervisor

import (
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
// are lost. A start that was under way is made again, after what has come of it was killed.
func Recover(all []keeper.Held) (h *Handed, head json.RawMessage, err error) {
	h = &Handed{pipes: map[capture.ID]int{}}
	var s *saved
	sockets := map[uint64]int{}
	for _, d := range all {
		switch d.Tag.Class {
		case keeper.Trail:
			var ends map[int]process.Exit
			s, ends, head, err = readTrail(d.FD)
			h.Kernel.Exits, h.Kernel.Kept = split(s, ends)
			_ = syscall.Close(d.FD)
		case keeper.Pipe:
			h.pipes[capture.ID{Proc: d.Tag.Owner, Channel: capture.Channel(d.Tag.Place)}] = d.FD
		case keeper.Socket:
			sockets[d.Tag.Owner] = d.FD
		case keeper.Notify:
			h.Notify = &handedNotifier{FD: d.FD}
		case keeper.Listener, keeper.Program: // the caller's
		}
	}
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
	var strays []spawn.Stray
	for gi := range s.Groups {
		g := &s.Groups[gi]
		cfg := s.groupConfig(g)
		for i := range g.Children {
			c := &g.Children[i]
			if c.Forking != 0 {
				c.Forking, c.Postponed = 0, c.Machine.Machine.State == starting
				strays = append(strays, spawn.Stray{Group: cfg.Name, Name: cfg.Processes[i].Name, Asked: c.Asked.Mono})
			}
			if key := launch.SocketKey(cfg.Processes[i]); key != "" {
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
	spawn.KillStrays(os.Getppid(), strays)
	return h, head, nil
}

// socketOwner is under which number a FastCGI socket is held.
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

// readTrail returns what a trail says in the end, and the ends of children that nobody has
// handled.
func readTrail(fd int) (s *saved, ends map[int]process.Exit, head json.RawMessage, err error) {
	text, err := spawn.ReadAll(fd)
	if err != nil {
		return nil, nil, nil, err
	}
	return replay(text)
}

// replay reads records up to the first that is torn.
func replay(text []byte) (s *saved, ends map[int]process.Exit, head json.RawMessage, err error) {
	ends = map[int]process.Exit{}
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
			return nil, nil, nil, err
		}
		switch {
		case r.Base != nil:
			if s, head = r.Base, r.Head; !s.whole() {
				return nil, nil, nil, errors.New("its beginning is incomplete, or of another version")
			}
		case s == nil:
			return nil, nil, nil, errors.New("it does not begin with a whole state")
		}
		s.apply(&r, ends)
	}
	if s == nil {
		return nil, nil, nil, errors.New("it is empty")
	}
	return s, ends, head, nil
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
func (s *saved) apply(r *trailRecord, ends map[int]process.Exit) {
	if e := r.Exit; e != nil {
		ends[e.Pid] = e.Status
	}
	for _, changed := range r.Children {
		if c := s.child(changed.Group, changed.Child.Order); c != nil {
			if before := c.Machine.Machine.Pid; before != changed.Child.Machine.Machine.Pid {
				delete(ends, before) // it was handled
			}
			*c = changed.Child
		}
	}
	if n := r.Numbers; n != nil {
		s.Born, s.Starts, s.Asked, s.Bus, s.Status = n.Born, n.Starts, n.Asked, n.Bus, n.Status
	}
	for _, p := range r.Pools {
		for i := range s.Groups {
			if g := &s.Groups[i]; s.groupConfig(g).Name == p.Group {
				g.savedPool = p.Pool
			}
		}
	}
	if r.Order != nil {
		s.Order = *r.Order
	}
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
