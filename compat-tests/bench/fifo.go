//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// fifo is where children write their stamps.
type fifo struct {
	path string
	file *os.File
	argv []string // of the children
	// Lines of children that write a line with their pid; nil: they write stamps.
	lines *bufio.Reader
}

func newFIFO(path string) (*fifo, error) {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0) // both ends, so that it never ends
	return &fifo{path: path, file: file}, err
}

// ordinary makes the children ordinary programs: a shell, linked with a libc, whose first
// command writes a line.
func (f *fifo) ordinary() {
	f.argv = []string{"/bin/sh", "-c", "echo $$ >" + f.path + "; read x"}
	f.lines = bufio.NewReader(f.file)
}

// next returns the next stamp. For a line, at is the time of its arrival.
func (f *fifo) next() (at time.Duration, pid int, err error) {
	f.file.SetReadDeadline(time.Now().Add(time.Minute))
	if f.lines != nil {
		line, err := f.lines.ReadString('\n')
		at := now()
		if err != nil {
			return 0, 0, fmt.Errorf("no child wrote its line: %w", err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(line))
		return at, pid, err
	}
	var s stamp
	if err := binary.Read(f.file, binary.LittleEndian, &s); err != nil {
		return 0, 0, fmt.Errorf("no child wrote its stamp: %w", err)
	}
	return time.Duration(s.Sec)*time.Second + time.Duration(s.Nsec), int(s.Pid), nil
}

// stamps reads n stamps and returns the pids.
func (f *fifo) stamps(n int) (pids []int, err error) {
	for range n {
		_, pid, err := f.next()
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

// bareFirst returns the time from before a fork to the first instruction of the child.
func (b *bench) bareFirst(f *fifo) (time.Duration, error) {
	start := now()
	pid, err := syscall.ForkExec(f.argv[0], f.argv, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}})
	if err != nil {
		return 0, err
	}
	at, _, err := f.next()
	if err != nil {
		return 0, err
	}
	_, err = bareReap([]int{pid}, syscall.SIGKILL)
	return at - start, err
}

// bareNotice returns the time from a kill until a poll that is already waiting sees the
// end of the child's pipe.
func bareNotice(f *fifo) (time.Duration, error) {
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC); err != nil {
		return 0, err
	}
	defer syscall.Close(pipe[0])
	pid, err := syscall.ForkExec(f.argv[0], f.argv, &syscall.ProcAttr{Files: []uintptr{0, uintptr(pipe[1]), 2}})
	syscall.Close(pipe[1])
	if err != nil {
		return 0, err
	}
	if _, _, err := f.next(); err != nil {
		return 0, err
	}
	noticed := make(chan time.Duration)
	go func() {
		for {
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(pipe[0])}}, -1); err != unix.EINTR {
				noticed <- now()
				return
			}
		}
	}()
	time.Sleep(time.Millisecond) // until it polls
	start := now()
	killErr := syscall.Kill(pid, syscall.SIGKILL)
	took := <-noticed - start
	_, waitErr := wait(pid)
	return took, errors.Join(killErr, waitErr)
}
