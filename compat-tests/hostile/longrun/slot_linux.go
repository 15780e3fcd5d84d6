package longrun

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"reeve/compat-tests/hostile/longrun/judge"
)

// words is a file of numbers that several processes share. What a process has stored is
// there even if it is killed the next moment.
type words struct{ mem []byte }

// shareWords opens a file of n words, or makes it.
func shareWords(path string, n int) (*words, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(int64(8 * n)); err != nil {
		return nil, err
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, 8*n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("cannot map %s: %w", path, err)
	}
	return &words{mem}, nil
}

func (w *words) at(i int) *atomic.Uint64 { return (*atomic.Uint64)(unsafe.Pointer(&w.mem[8*i])) }
func (w *words) close()                  { _ = unix.Munmap(w.mem) }

// Words of the file that controls all programs.
const (
	wordQuiet = iota // not 0: nothing is written
	wordEpoch        // counts the rounds
	controlWords
)

// Words of a run's slot.
const (
	wordIntended = iota // and the next one, for stderr
	_
	wordDone
	_
	wordEnding // 1 and the exit status
	wordTwice
	slotWords
)

// slotFile is the path of a run's slot.
func slotFile(dir, process string, pid int, began int64) string {
	return filepath.Join(dir, "runs", process, fmt.Sprintf("%d.%d", pid, began))
}

// runsOf reads the slots of all runs of a process.
func runsOf(dir, process string) (all []judge.Run, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, "runs", process))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	for _, e := range entries {
		pidText, beganText, _ := strings.Cut(e.Name(), ".")
		pid, err1 := strconv.Atoi(pidText)
		began, err2 := strconv.ParseInt(beganText, 10, 64)
		if err1 != nil || err2 != nil {
			continue
		}
		r := judge.Run{Process: process, Pid: pid, Began: began, Ended: !alive(pid, began), Status: -1}
		text, err := os.ReadFile(filepath.Join(dir, "runs", process, e.Name()))
		if err != nil {
			return nil, err
		}
		if len(text) == 8*slotWords { // else it was killed before it had made it
			word := func(i int) uint64 { return binary.NativeEndian.Uint64(text[8*i:]) }
			for c := range 2 {
				r.Streams[c] = judge.Stream{Done: word(wordDone + c), Intended: word(wordIntended + c)}
			}
			r.Status, r.Twice = int(word(wordEnding))-1, word(wordTwice) != 0
		}
		all = append(all, r)
	}
	return all, nil
}

// alive reports whether a run goes on: a process with its pid that is no zombie, and is no
// later one.
func alive(pid int, began int64) bool {
	p, ok := look(pid)
	return ok && p.state != 'Z' && p.state != 'X' && p.started.Before(time.Unix(0, began).Add(100*time.Millisecond))
}
