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
// Connect waits.
type Client struct {
	wire  wire
	pid   int // of the keeper
	ended chan Exit
	gone  chan struct{} // closed when the keeper is gone
	stop  chan struct{} // closed by HandOver
	idle  sync.WaitGroup

	mu    sync.Mutex
	queue []outgoing
	wake  chan struct{}
}

type outgoing struct {
	message message
	fd      int // a duplicate; -1: none
}

// Connect takes the socket to the keeper that has started this process. all is what was
// held; it is empty unless another daemon has died. It waits for the keeper, which sends
// that first of all. again says that this program follows one that had the connection
// before, by execve: then nothing is sent.
func Connect(fd int, again bool) (c *Client, all []Held, err error) {
	unix.CloseOnExec(fd)
	c = &Client{pid: os.Getppid(), ended: make(chan Exit), gone: make(chan struct{}), stop: make(chan struct{}), wake: make(chan struct{}, 1)}
	if c.wire, err = newWire(fd); err != nil {
		return nil, nil, fmt.Errorf("cannot talk to the keeper: %w", err)
	}
	for !again {
		m, fd, err := c.wire.receive()
		if err != nil {
			return nil, nil, fmt.Errorf("cannot hear what the keeper holds: %w", err)
		}
		if m.kind == complete {
			break
		}
		if m.kind == held && fd >= 0 {
			all = append(all, Held{m.tag, fd})
		}
	}
	if again {
		c.post(message{kind: repeat}, -1)
	}
	c.idle.Go(rescue.Around("hearing the keeper", c.receive))
	c.idle.Go(rescue.Around("telling the keeper", c.send))
	return c, all, nil
}

// Pid returns the keeper's pid, which others take for the daemon's.
func (c *Client) Pid() int { return c.pid }

// Ended reports the ends of programs whose daemon has died. Each must be answered by
// Told.
func (c *Client) Ended() <-chan Exit { return c.ended }

// Gone is closed when the keeper is gone: a later death of the daemon will cost what
// nobody holds.
func (c *Client) Gone() <-chan struct{} { return c.gone }

// Told says that the end of pid was noted.
func (c *Client) Told(pid int) { c.post(message{kind: told, pid: pid}, -1) }

// Serving says that the daemon serves: if it dies from now on, that is sudden.
func (c *Client) Serving() { c.post(message{kind: serving}, -1) }

// Leave says that the daemon ends as it should, and waits a moment until that is sent.
func (c *Client) Leave() {
	c.post(message{kind: leaving}, -1)
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
	c.idle.Wait()
	_ = c.wire.conn.SetDeadline(time.Time{})
}

// Hold has the keeper hold a duplicate of fd. It does not matter if that can't be.
func (c *Client) Hold(t Tag, fd int) {
	if dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3); err == nil {
		c.post(message{kind: hold, tag: t}, dup)
	}
}

// Drop has the keeper close what it holds for an owner.
func (c *Client) Drop(class Class, owner uint64) {
	c.post(message{kind: drop, tag: Tag{Class: class, Owner: owner}}, -1)
}

func (c *Client) post(m message, fd int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, outgoing{m, fd})
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *Client) take() []outgoing {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.queue
	c.queue = nil
	return all
}

// send sends what is posted, in order.
func (c *Client) send() {
	broken := false
	for last := false; ; {
		for _, o := range c.take() {
			if !broken {
				broken = c.wire.send(o.message, o.fd) != nil
			}
			if o.fd >= 0 {
				_ = unix.Close(o.fd)
			}
		}
		if last {
			return
		}
		select {
		case <-c.wake:
		case <-c.stop:
			last = true
		}
	}
}

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
		if m.kind == ended {
			select {
			case c.ended <- Exit{Pid: m.pid, Status: syscall.WaitStatus(m.status)}:
			case <-c.stop:
				return
			}
		}
	}
}
