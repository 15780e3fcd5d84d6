package spawn

import (
	"bytes"
	"maps"
	"strings"
	"sync"
	"syscall"
	"time"
)

// preflightLimit is how long a preflight may take before the start goes through the shim, preflightFresh how long a preflight that
// passed is believed.
const (
	preflightLimit = 200 * time.Millisecond
	preflightFresh = 2 * time.Second
)

// flight is what a preflight looks at.
type flight struct{ file, dir string }

// preflights remembers what was found lately. Its methods may be called from any goroutine.
type preflights struct {
	look func(flight) bool

	mu     sync.Mutex
	passed map[flight]time.Time
	hung   map[flight]bool // somebody hangs there now
}

func newPreflights() *preflights {
	return &preflights{look: flight.look, passed: map[flight]time.Time{}, hung: map[flight]bool{}}
}

// run blocks if a file system does, but only the first that finds out.
func (p *preflights) run(f flight) outcome {
	p.mu.Lock()
	hung, last := p.hung[f], p.passed[f]
	p.mu.Unlock()
	if hung {
		return timedOut
	}
	if !last.IsZero() && time.Since(last) < preflightFresh {
		return passed
	}
	ok := p.look(f)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.hung, f)
	if !ok {
		return failed
	}
	p.passed[f] = time.Now()
	return passed
}

// hangs says that a run for f did not come back in time.
func (p *preflights) hangs(f flight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hung[f] = true
	delete(p.passed, f)
}

// forget drops what is not believed any more: nothing is being started.
func (p *preflights) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.passed, func(_ flight, at time.Time) bool { return time.Since(at) >= preflightFresh })
}

// maxInterpreters is how deep scripts may be interpreted by scripts; the kernel allows five.
const maxInterpreters = 5

// look touches what chdir and exec will touch. It finds hangs; what is wrong with a file is for exec to say.
func (f flight) look() bool {
	var st syscall.Stat_t
	if f.dir != "" && stat(f.dir, &st) != nil {
		return false
	}
	page := make([]byte, 4096)
	for file, n := f.file, 0; n < maxInterpreters; n++ {
		if stat(file, &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
			return false
		}
		got, err := readPage(file, page)
		if err != nil {
			return false
		}
		if file = interpreter(page[:got]); file == "" {
			return true
		}
	}
	return false
}

func readPage(file string, page []byte) (n int, err error) {
	fd, err := syscall.Open(file, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer syscall.Close(fd)
	return syscall.Read(fd, page)
}

// interpreter is the program that a script names, or "".
func interpreter(page []byte) string {
	line, ok := bytes.CutPrefix(page, []byte("#!"))
	if !ok {
		return ""
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	name, _, _ := strings.Cut(strings.Trim(string(line), " \t"), " ")
	name, _, _ = strings.Cut(name, "\t")
	return name
}
