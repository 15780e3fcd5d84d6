package capture

import (
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"reeve/supervisor/logfile"
)

func mapFile(f *os.File, size int) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// hold sets the word that says whether a mark holds, after the others.
func (m *Marks) hold(slot int, v uint64) {
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&m.memory[slot*markSize+markSize-8])), v)
}

// placed returns which file f is.
func placed(f *os.File) (p logfile.Place) {
	if info, err := f.Stat(); err == nil {
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			p.Dev, p.Ino = uint64(st.Dev), st.Ino
		}
	}
	return p
}

// discard takes n bytes from a pipe.
func discard(fd, n int) {
	p := make([]byte, n)
	for n > 0 {
		got, err := read(fd, p[:n])
		if err != nil || got <= 0 {
			return
		}
		n -= got
	}
}
