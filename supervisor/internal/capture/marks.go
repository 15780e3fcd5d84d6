package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"syscall"

	"reeve/supervisor/logfile"
)

// Mark says that bytes at the head of a row's pipe are being written to a file.
type Mark struct {
	ID ID
	N  int
	At logfile.Place
}

// Marks are in a file in memory that another process can read when this one has died. Each
// has a slot of eight words, of which the last one says whether it holds.
type Marks struct {
	File   *os.File
	memory []byte

	mu   sync.Mutex
	free []int
}

const (
	markSize  = 64
	marksMost = 1024 // rows that are written at a time: each has a worker, or waits for one
)

// NewMarks makes marks in a file.
func NewMarks(f *os.File) (*Marks, error) {
	if err := f.Truncate(marksMost * markSize); err != nil {
		return nil, err
	}
	memory, err := mapFile(f, marksMost*markSize)
	if err != nil {
		return nil, fmt.Errorf("cannot share marks: %w", err)
	}
	m := &Marks{File: f, memory: memory}
	for slot := range marksMost {
		m.free = append(m.free, slot)
	}
	return m, nil
}

// take takes a slot; m may be nil.
func (m *Marks) take() (slot int, ok bool) {
	if m == nil {
		return 0, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.free) == 0 {
		return 0, false
	}
	slot = m.free[len(m.free)-1]
	m.free = m.free[:len(m.free)-1]
	return slot, true
}

func (m *Marks) give(slot int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = append(m.free, slot)
}

func (m *Marks) set(slot int, mark Mark) {
	words := m.memory[slot*markSize:][:markSize]
	for i, v := range []uint64{mark.ID.Proc, uint64(mark.ID.Channel), uint64(mark.N), mark.At.Dev, mark.At.Ino, uint64(mark.At.Offset)} {
		binary.NativeEndian.PutUint64(words[8*i:], v)
	}
	m.hold(slot, 1)
}

func (m *Marks) clear(slot int) { m.hold(slot, 0) }

// ReadMarks returns what a process that has died had marked.
func ReadMarks(memory []byte) (all []Mark) {
	for ; len(memory) >= markSize; memory = memory[markSize:] {
		word := func(i int) uint64 { return binary.NativeEndian.Uint64(memory[8*i:]) }
		if word(7) == 1 {
			all = append(all, Mark{ID{word(0), Channel(word(1))}, int(word(2)), logfile.Place{Dev: word(3), Ino: word(4), Offset: int64(word(5))}})
		}
	}
	return all
}

// Settle takes from the pipe what was written to the log at path, or to one that is rotated
// by now, before the process died that has set the mark.
func (m Mark) Settle(fd int, path string) {
	if m.N <= 0 || m.N > plainPipe || m.At.Offset < 0 {
		return
	}
	head := make([]byte, m.N)
	n, err := peek(fd, head)
	if err != nil || n < m.N {
		return // it was taken
	}
	for _, name := range []string{path, path + ".1"} {
		there, ok := m.written(name)
		if !ok {
			continue
		}
		if n := len(there); n > 0 && bytes.Equal(there, head[:n]) {
			discard(fd, n) // a write that was cut short has left the rest
		}
		return
	}
}

// written returns what a file has at the place of the mark; ok: it is the file.
func (m Mark) written(name string) (there []byte, ok bool) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // by now it may be a pipe
	if err != nil {
		return nil, false
	}
	defer f.Close()
	if is := placed(f); is.Dev != m.At.Dev || is.Ino != m.At.Ino {
		return nil, false
	}
	there = make([]byte, m.N)
	n, _ := f.ReadAt(there, m.At.Offset)
	return there[:n], true
}
