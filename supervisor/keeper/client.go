package keeper

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"reeve/supervisor/rescue"

	"reeve/supervisor/internal/spawn"
)

// Exit is the end of a program whose daemon has died.
type Exit = spawn.KeptExit

// Held is a descriptor that was held for a daemon that has died. It belongs to the
// receiver.
type Held struct {
	Tag Tag
	FD  int
}

// Client is the daemon's side. Its methods may be called from any goroutine, and none but
// Connect, Leave and HandOver waits.
type Client struct {
	wire  wire
	pid   int // of the keeper
	died  string
	ended chan Exit
	short chan struct{} // has a value if the keeper could not hold something
	gone  chan struct{} // closed when the keeper is gone
	stop  chan struct{} // closed by HandOver
	idle  sync.WaitGroup
	sends *sender
}

// Connect takes the socket to the keeper that has started this process. all is what was
// held; it is empty unless another daemon has died. It waits for the keeper, which sends
// that first of all. again says that this program follows one that had the connection
// before, by execve: then nothing is sent.
func Connect(fd int, again bool) (c *Client, all []Held, err error) {
	unix.CloseOnExec(fd)
	c = &Client{pid: os.Getppid(), ended: make(chan Exit), short: make(chan struct{}, 1), gone: make(chan struct{}), stop: make(chan struct{})}
	if c.wire, err = newWire(fd); err != nil {
		return nil, nil, fmt.Errorf("cannot talk to the keeper: %w", err)
	}
	for !again {
		m, fd, err := c.wire.receive()
		if err != nil {
			return nil, nil, fmt.Errorf("cannot hear what the keeper holds: %w", err)
		}
		if m.kind == complete {
			if m.status != noDeath {
				c.died = describe(syscall.WaitStatus(m.status))
			}
			break
		}
		if m.kind == held && fd >= 0 {
			all = append(all, Held{m.tag, fd})
		}
	}
	c.sends = newSender(c.wire)
	if again {
		c.post(message{kind: repeat})
	}
	c.post(message{kind: catches})
	c.idle.Go(rescue.Around("hearing the keeper", c.receive))
	return c, all, nil
}

// Died says how the daemon before this one died; it is empty if none did.
func (c *Client) Died() string { return c.died }

// Pid returns the keeper's pid, which others take for the daemon's.
func (c *Client) Pid() int { return c.pid }

// Ended reports the ends of programs whose daemon has died. Each must be answered by
// Told.
func (c *Client) Ended() <-chan Exit { return c.ended }

// Gone is closed when the keeper is gone: a later death of the daemon will cost what
// nobody holds.
func (c *Client) Gone() <-chan struct{} { return c.gone }

// Short reports, once, that the keeper could not hold something for lack of descriptors.
func (c *Client) Short() <-chan struct{} { return c.short }

// Told says that the end of pid was noted.
func (c *Client) Told(pid int) { c.post(message{kind: told, pid: pid}) }

// Serving says that the daemon serves, and that another one can go on from what is held.
func (c *Client) Serving() { c.post(message{kind: serving}) }

// Leave says that the daemon ends as it should, and waits a moment until that is sent.
func (c *Client) Leave() {
	c.post(message{kind: leaving})
	c.finish()
	_ = c.wire.conn.Close()
}

// HandOver ends the Client and returns the socket, for Connect in a program that follows
// by execve.
func (c *Client) HandOver() (fd int, err error) {
	c.finish()
	defer c.wire.conn.Close()
	return c.wire.duplicate()
}

// sendFor is how long a keeper is waited for that does not read.
const sendFor = 500 * time.Millisecond

// finish sends what is posted and ends both goroutines.
func (c *Client) finish() {
	close(c.stop)
	_ = c.wire.conn.SetReadDeadline(time.Unix(1, 0))
	_ = c.wire.conn.SetWriteDeadline(time.Now().Add(sendFor))
	c.sends.end()
	c.idle.Wait()
	_ = c.wire.conn.SetDeadline(time.Time{})
}

// Hold has the keeper hold a duplicate of fd. If the keeper reads as it should, it is held
// whatever becomes of this process after Hold returns. Hold fails if the keeper does not
// read and there is no descriptor left for what waits.
func (c *Client) Hold(t Tag, fd int) error {
	if err := c.sends.post(outgoing{message: message{kind: hold, tag: t}, fd: fd}); err != nil {
		return fmt.Errorf("cannot pass a descriptor to the keeper: %w", err)
	}
	return nil
}

// Drop has the keeper close what it holds for an owner.
func (c *Client) Drop(class Class, owner uint64) {
	c.post(message{kind: drop, tag: Tag{Class: class, Owner: owner}})
}

func (c *Client) post(m message) { _ = c.sends.post(outgoing{message: m, fd: -1}) } // without one it can't fail

func (c *Client) receive() {
	for {
		m, fd, err := c.wire.receive()
		if fd >= 0 {
			_ = unix.Close(fd)
		}
		if err != nil {
			select {
			case <-c.stop: // HandOver has interrupted it
			default:
				close(c.gone)
			}
			return
		}
		switch m.kind {
		case ended:
			select {
			case c.ended <- Exit{Pid: m.pid, Status: syscall.WaitStatus(m.status)}:
			case <-c.stop:
				return
			}
		case short:
			select {
			case c.short <- struct{}{}:
			default:
			}
		case hold, drop, told, catches, serving, repeat, leaving, held, complete:
		}
	}
}
