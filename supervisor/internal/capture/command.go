package capture

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
	"reeve/supervisor/rescue"
)

// errClosed is the error of operations on a closed Table.
var errClosed = fmt.Errorf("cannot use a log: the capture table is closed: %w", os.ErrClosed)

// command is what the methods of Table post to its goroutine.
type command interface {
	do(t *Table)
	refuse() // called instead of do if the Table is closed
}

type attach struct {
	id  ID
	fd  int
	opt Options
}

func (c attach) do(t *Table) {
	r := newRow(c.id, c.fd, c.opt)
	t.rows[c.id] = r
	if r.opt.Log != nil {
		r.opt.Log.OnRoom(func() { t.post(resume{c.id}) })
	}
	// A descriptor that can't be made non-blocking or watched can't be read either: its
	// child sees it closed.
	if unix.SetNonblock(r.fd, true) != nil || !t.watch(r) {
		t.giveUp(r)
	} else if r.opt.Raw {
		t.mu.Lock()
		t.raws[c.id] = r
		t.mu.Unlock()
	}
}

func (c attach) refuse() { unix.Close(c.fd) }

// resume continues to read a row whose log has room again.
type resume struct{ id ID }

func (c resume) do(t *Table) {
	r := t.rows[c.id]
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paused = false
	if r.feed == nil {
		t.rewatch(r)
	}
}

func (resume) refuse() {}

type drain struct{ id ID }

func (c drain) do(t *Table) {
	if r := t.rows[c.id]; r != nil {
		t.mu.Lock()
		delete(t.raws, c.id)
		t.mu.Unlock()
		r.mu.Lock()
		defer r.mu.Unlock()
		t.takeBack(r)
		t.readRest(r)
		if !t.linger(r) {
			if r.fd >= 0 {
				t.giveUp(r)
			}
			t.end(r)
		}
	}
	t.send(Drained{c.id})
}

func (drain) refuse() {}

type stripANSIOf struct{ on bool }

func (c stripANSIOf) do(t *Table) {
	for _, r := range t.rows {
		if r.feed != nil && c.on {
			t.unfeed(r)
			t.rewatch(r)
		}
		r.mu.Lock()
		r.opt.StripANSI = c.on
		r.mu.Unlock()
	}
}

func (stripANSIOf) refuse() {}

// operation is an operation on a log, in order with the data.
type operation struct {
	id   ID
	kind logOperation
	done func(error)
}

type logOperation int

const (
	reopenLog logOperation = iota
	clearLog
	syncLog
)

func (c operation) do(t *Table) {
	r := t.rows[c.id]
	if r == nil || r.opt.Log == nil {
		if r != nil && c.kind == clearLog {
			r.clear()
		}
		c.answer(nil)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch c.kind {
	case reopenLog:
		r.opt.Log.Reopen(c.done)
	case clearLog:
		t.readNow(r)
		r.clear()
		r.opt.Log.Clear(c.done)
	case syncLog:
		if t.readNow(r); t.rows[c.id] != r { // it lingered, and its log ends with that
			c.answer(nil)
			return
		}
		r.opt.Log.Sync(c.done)
	}
}

func (c operation) refuse() { c.answer(errClosed) }

func (c operation) answer(err error) {
	if c.done != nil {
		go rescue.Run("saying what became of a log", func() { c.done(err) }) // neither on the caller's goroutine nor on ours
	}
}

// send sends an Output to the loop, and waits until it is received or the Table is
// closed.
func (t *Table) send(o Output) {
	select {
	case t.outputs <- o:
	case <-t.ending:
	}
}

// buffer returns the block to read into.
func (t *Table) buffer() *logfile.Block {
	if t.block == nil {
		t.block = logfile.NewBlock(plainPipe)
	}
	return t.block
}

// takeCommands carries out what was posted, and reports whether the Table goes on.
func (t *Table) takeCommands() bool {
	t.mu.Lock()
	t.doing = append(t.doing, t.commands...)
	t.commands = nil
	closed, refused := t.closed, t.closed && t.handing == nil
	t.mu.Unlock()
	for len(t.doing) > 0 {
		c := t.doing[0]
		t.doing = t.doing[1:]
		if refused {
			c.refuse()
			continue
		}
		t.now = time.Now()
		c.do(t)
	}
	t.doing = nil
	return !closed
}
