package supervisor

import (
	"errors"
	"fmt"
	"sync"

	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/keeper"
	"reeve/supervisor/process"
)

// Some things have happened when they are seen, and can't be seen again: a child was made,
// it was reaped, a listener's answer was read, an event was written. They are written into
// the trail where they are seen, by the goroutine that sees them, before the loop knows.

// witness writes the end of a child down.
func (t *trail) witness(pid int, e process.Exit) {
	frame := t.frame(&trailRecord{Exit: &trailExit{pid, e}})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.exits[pid] = e
	t.append(frame)
}

// noted says that the loop knows the end of pid.
func (t *trail) noted(pid int) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.exits, pid)
}

// making has the keeper hold the pipes of a child that is about to be made.
func (t *trail) making(pipes spawn.Started) error {
	for channel, fd := range map[capture.Channel]int{
		capture.Stdin: pipes.Stdin, capture.Stdout: pipes.Stdout, capture.Stderr: pipes.Stderr, capture.Extra: pipes.Extra,
	} {
		if fd >= 0 {
			if err := t.keeper.Hold(keeper.Tag{Class: keeper.Pipe, Owner: pipes.ID, Place: uint8(channel)}, fd); err != nil {
				t.keeper.Drop(keeper.Pipe, pipes.ID)
				return err
			}
		}
	}
	return nil
}

// madeAs writes down which child a start has made.
func (t *trail) madeAs(row uint64, pid int) {
	frame := t.frame(&trailRecord{Made: &trailMade{row, pid}})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made[row] = pid
	t.append(frame)
}

// revoking writes down that a start is about to be given up. There may be a child of it
// until it is gone.
func (t *trail) revoking(row uint64) {
	if t == nil {
		return
	}
	frame := t.frame(&trailRecord{Revoked: &trailRevoked{Row: row}})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.revoked[row] = true
	t.append(frame)
}

// revokedIsGone writes down that nothing is left of a start that was given up.
func (t *trail) revokedIsGone(row uint64) {
	frame := t.frame(&trailRecord{Revoked: &trailRevoked{Row: row, Gone: true}})
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.revoked, row)
	delete(t.made, row)
	t.append(frame)
	t.keeper.Drop(keeper.Pipe, row)
}

// answered says that the loop knows the outcome of a start: if that is another one, it was
// given up too late.
func (t *trail) answered(s spawn.Started) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, ok := errors.AsType[*spawn.StartError](s.Err); t.revoked[s.ID] && (!ok || e.Kind != spawn.Revoked) {
		delete(t.revoked, s.ID)
		t.append(t.frame(&trailRecord{Revoked: &trailRevoked{Row: s.ID, Gone: true}}))
	}
}

// known says that the loop knows which child a start has made.
func (t *trail) known(row uint64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.made, row)
}

// unmade says that nothing is left of a start: it has failed, or its child is gone.
func (t *trail) unmade(row uint64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.heard, row)
	if !t.revoked[row] { // else its pipes tell which child is to be killed
		delete(t.made, row)
		t.keeper.Drop(keeper.Pipe, row)
	}
}

// heardOf returns what writes down the answers of a listener; nil: nothing does.
func (t *trail) heardOf(row uint64) func([]byte) {
	if t == nil {
		return nil
	}
	return func(data []byte) {
		frame := t.frame(&trailRecord{Heard: &trailHeard{row, data}})
		t.mu.Lock()
		defer t.mu.Unlock()
		t.heard[row] = append(t.heard[row], data...)
		t.append(frame)
	}
}

// took says that the loop has handled the next n bytes of a listener's answers.
func (t *trail) took(c *child, n int) {
	if t == nil {
		return
	}
	t.touch(c)
	c.heard += uint64(n)
	t.mu.Lock()
	defer t.mu.Unlock()
	if rest := t.heard[c.row]; len(rest) > n {
		t.heard[c.row] = rest[n:]
	} else {
		delete(t.heard, c.row)
	}
}

// sent writes down that an event was written to c.
func (t *trail) sent(c *child) {
	if t != nil {
		t.write(&trailRecord{Sent: &trailSent{c.row, c.sent}})
	}
}

// marks are those of this process.
var marks = sync.OnceValues(func() (*capture.Marks, error) {
	file, err := spawn.MemoryFile("reeve-marks")
	if err != nil {
		return nil, err
	}
	return capture.NewMarks(file)
})

// markIn has a table mark what it writes, in a file that the keeper holds.
func (t *trail) markIn(table table) {
	real, ok := table.(*capture.Table)
	if t == nil || !ok {
		return
	}
	m, err := marks()
	if err == nil {
		err = t.keeper.Hold(keeper.Tag{Class: keeper.Marks}, int(m.File.Fd()))
	}
	if err != nil {
		t.log(process.Error, fmt.Sprintf("cannot mark what is written to logs: %v; some of it is lost if supervisord dies suddenly", err))
		return
	}
	real.SetMarks(m)
}

// socketOpened returns what has sockets of programs held; nil without a keeper.
func (t *trail) socketOpened() func(key string, s *spawn.Socket) {
	if t == nil {
		return nil
	}
	return func(key string, s *spawn.Socket) {
		if err := t.keeper.Hold(keeper.Tag{Class: keeper.Socket, Owner: socketOwner(key)}, s.FD()); err != nil {
			t.log(process.Error, fmt.Sprintf("%v; the socket %s is opened again if supervisord dies suddenly", err, key))
		}
	}
}

// socketClosed returns what has them no longer held; nil without a keeper.
func (t *trail) socketClosed() func(key string) {
	if t == nil {
		return nil
	}
	return func(key string) { t.keeper.Drop(keeper.Socket, socketOwner(key)) }
}
