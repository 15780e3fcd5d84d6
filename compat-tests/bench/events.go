//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// listen is an event listener that answers as fast as possible: it reads and writes
// without the runtime's help, so that what is measured is the daemon. The events have to
// be numbered from 0 without a gap. It writes a stamp to a FIFO for every EACH events
// (args: FIFO EACH); the stamp's Pid is the number of the last event.
func listen(args []string) error {
	out, err := os.OpenFile(args[0], os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	each, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	in, ready := bufio.NewReader(rawStdin{}), []byte("READY\n")
	for n := 0; ; n++ {
		if err := rawWrite(1, ready); err != nil {
			return err
		}
		head, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		_, length, _ := bytes.Cut(head, []byte(" len:"))
		size, err := strconv.Atoi(string(bytes.TrimSpace(length)))
		if err != nil {
			return fmt.Errorf("the header is %q", head)
		}
		payload := make([]byte, size)
		if _, err := io.ReadFull(in, payload); err != nil {
			return err
		}
		at := now()
		if want := "type:bench\n" + strconv.Itoa(n); string(payload) != want {
			n = -2 // reports the failure
		}
		if (n+1)%each == 0 || n < 0 {
			s := stamp{Sec: int64(at / time.Second), Nsec: int64(at % time.Second), Pid: int64(n)}
			if err := binary.Write(out, binary.LittleEndian, s); err != nil {
				return err
			}
		}
		if n < 0 {
			return fmt.Errorf("event is %q", payload)
		}
		ready = []byte("RESULT 2\nOKREADY\n")
	}
}

// rawStdin reads stdin by the bare system call.
type rawStdin struct{}

func (rawStdin) Read(p []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, 0, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
		switch {
		case errno == syscall.EINTR:
			continue
		case errno != 0:
			return 0, errno
		case n == 0:
			return 0, io.EOF
		}
		return int(n), nil
	}
}

// rawWrite writes a line, which a pipe takes in one piece.
func rawWrite(fd int, p []byte) error {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
	switch {
	case errno != 0:
		return errno
	case int(n) < len(p):
		return io.ErrShortWrite
	}
	return nil
}

// listening is a daemon with one listener.
type listening struct {
	*daemon
	fifo *fifo
}

func (b *bench) newListening(s side, each, buffer, others int, settings ...string) (*listening, error) {
	dir, err := os.MkdirTemp(b.dir, "fifo")
	if err != nil {
		return nil, err
	}
	f, err := newFIFO(filepath.Join(dir, "f"))
	if err != nil {
		return nil, err
	}
	text := sections(others, append([]string{command(argv...), "startsecs=0"}, settings...)...)
	text += fmt.Sprintf("[eventlistener:l]\ncommand=%s part listen %s %d\nevents=REMOTE_COMMUNICATION\nbuffer_size=%d\nstartsecs=0\n",
		b.self, f.path, each, buffer)
	d, _, err := b.boot(s, text, others+1)
	return &listening{d, f}, err
}

// arrived waits for the stamp of event n.
func (l *listening) arrived(n int) (at time.Duration, err error) {
	at, last, err := l.fifo.next()
	if err == nil && last != n {
		err = fmt.Errorf("%s: after event %d the listener has %d", l.side.name, n, last)
	}
	return at, err
}

func (l *listening) end() error {
	l.fifo.file.Close()
	return l.stop()
}

// eventFlood sends n events, each by a call of its own, without waiting for the replies,
// and measures until the last one has arrived.
func (b *bench) eventFlood(s side, n, others int, settings ...string) (one sample, err error) {
	l, err := b.newListening(s, n, n+1, others, settings...)
	if err != nil {
		return one, err
	}
	var calls []byte
	for i := range n {
		calls = append(calls, request("sendRemoteCommEvent", "bench", strconv.Itoa(i))...)
	}
	c, err := l.dial()
	if err != nil {
		return one, err
	}
	defer c.close()
	one, err = l.measure(n, func() error {
		if err := c.pipeline(calls, n); err != nil {
			return err
		}
		_, err := l.arrived(n - 1)
		return err
	})
	if err != nil {
		return one, err
	}
	return one, l.end()
}

// eventLatency sends one event after the other and measures each.
func (b *bench) eventLatency(f series, s side, n int) error {
	l, err := b.newListening(s, 1, 10, 0)
	if err != nil {
		return err
	}
	c, err := l.dial()
	if err != nil {
		return err
	}
	defer c.close()
	for i := range n {
		call := request("sendRemoteCommEvent", "bench", strconv.Itoa(i))
		start := now()
		if _, err := c.call(call); err != nil {
			return err
		}
		at, err := l.arrived(i)
		if err != nil {
			return err
		}
		f.add(s.name+" latency", float64(at-start)/float64(time.Microsecond))
	}
	return l.end()
}

func events(b *bench) ([]*Row, error) {
	f := series{}
	for i := range b.runs {
		for _, s := range b.sides(i, b.runs) {
			n := 20000
			if s == b.oracle || b.short {
				n = 4000
			}
			one, err := b.eventFlood(s, n, 0)
			if err != nil {
				return nil, err
			}
			f.add(s.name, one.rate())
			if err := b.eventLatency(f, s, 200); err != nil {
				return nil, err
			}
		}
	}
	return []*Row{
		{
			Figure: "rate", Unit: perSecond, Ours: f.median("ours"), Oracle: f.median("oracle"), bound: atLeast(5, "oracle"),
			Note: "one call for each event, pipelined on one connection; order and completeness verified",
		},
		{Figure: "p50", Unit: us, Ours: f.median("ours latency"), Oracle: f.median("oracle latency"), bound: atMost(0.25, "oracle")},
	}, nil
}
