package httpd

import (
	"sync"
	"time"

	"reeve/supervisor/rescue"
)

// watch watches a connection while an answer takes long: when the client closes it, the
// request's context ends. What the client sends meanwhile (pipelined requests) is kept.
// Its goroutine starts only when the answer has taken WatchFor.
type watch struct {
	mu    sync.Mutex
	timer *time.Timer
	busy  bool // a request is being answered
	// not nil: a goroutine reads from the connection and closes done at its end
	done    chan struct{}
	replied bool // something was sent; used only by the connection's goroutine
}

// begin starts the timer. It is called before a handler that may take long.
func (w *watch) begin(c *conn, after time.Duration) {
	w.mu.Lock()
	w.busy = true
	w.mu.Unlock()
	if w.timer == nil {
		w.timer = time.AfterFunc(after, rescue.Around("watching a connection", func() { w.run(c) }))
	} else {
		w.timer.Reset(after)
	}
}

// end ends the watch after a request. When it returns, only the caller reads from the
// connection.
func (w *watch) end(c *conn) {
	w.replied = false
	if w.timer == nil {
		return
	}
	w.timer.Stop()
	w.mu.Lock()
	w.busy = false
	done := w.done
	if done != nil {
		_ = c.nc.SetReadDeadline(time.Unix(1, 0))
	}
	w.mu.Unlock()
	if done != nil {
		<-done
		w.done = nil
	}
}

func (w *watch) run(c *conn) {
	w.mu.Lock()
	if !w.busy || w.done != nil {
		w.mu.Unlock()
		return
	}
	done := make(chan struct{})
	w.done = done
	_ = c.nc.SetReadDeadline(time.Time{})
	w.mu.Unlock()
	defer close(done)
	defer func() {
		if r := recover(); r != nil {
			c.cancel()
			c.s.crashed("Watching the connection of "+c.who.Address, r)
		}
	}()
	for c.w < len(c.buf) { // when the buffer is full the client is no longer watched
		n, err := c.nc.Read(c.buf[c.w:])
		c.w += n
		if err != nil {
			if !isTimeout(err) {
				c.err = err
				c.cancel()
			}
			return
		}
	}
}
