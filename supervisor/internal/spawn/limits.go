package spawn

import (
	"fmt"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

const unlimited = uint64(unix.RLIM_INFINITY)

// minimum is a limit that the configuration requires.
type minimum struct {
	resource int
	name     string
	want     uint64
	setting  string
	stem     string // the start of upstream's error text
	unit     string
}

// noFile is the limit of open descriptors for children; nil: the one that this process
// was started with, which the Go runtime restores.
var noFile atomic.Pointer[Rlimit]

// RaiseLimits raises the limits of open descriptors and of processes to what the
// configuration requires (fact 110: resource limits at start). infos are lines for the
// main log. Children get the greater of minfds and the limit of descriptors that this
// process was started with; the daemon itself gets as many as it may have. It must be
// called before anything is started. The error's text is upstream's.
func RaiseLimits(minfds, minprocs int) (infos []string, err error) {
	if err := originalNoFile(); err != nil {
		return nil, err
	}
	for _, m := range []minimum{
		{
			unix.RLIMIT_NOFILE, "RLIMIT_NOFILE", uint64(max(minfds, 0)), "minfds",
			"The minimum number of file descriptors required to run this process", "open %d file descriptors",
		},
		{
			unix.RLIMIT_NPROC, "RLIMIT_NPROC", uint64(max(minprocs, 0)), "minprocs",
			"The minimum number of available processes required to run this program", "have %d processes",
		},
	} {
		raised, err := m.ensure()
		if raised {
			infos = append(infos, fmt.Sprintf("Increased %s limit to %d", m.name, m.want))
		}
		if err != nil {
			return infos, err
		}
	}
	return infos, manyFiles()
}

// ensure raises a limit if it is too low.
func (m *minimum) ensure() (raised bool, _ error) {
	lim, err := getLimit(m.resource, m.name)
	if err != nil || lim.Soft >= m.want || lim.Soft == unlimited {
		return false, err
	}
	wanted := makeRlimit(Rlimit{m.resource, m.want, max(lim.Hard, m.want)})
	if err := syscall.Setrlimit(m.resource, &wanted); err != nil {
		return false, fmt.Errorf(`%s is %d as per the "%s" command-line argument or config file setting. `+
			`The current environment will only allow you to `+m.unit+`. Raise that limit or lower %[3]s.`,
			m.stem, m.want, m.setting, lim.Hard)
	}
	return true, nil
}

func getLimit(resource int, name string) (Rlimit, error) {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(resource, &lim); err != nil {
		return Rlimit{}, fmt.Errorf("cannot read %s: %w", name, err)
	}
	return Rlimit{resource, uint64(lim.Cur), uint64(lim.Max)}, nil
}

// originalNoFile restores the limit of open descriptors that this process was started
// with. The Go runtime has raised it and doesn't say from what; but syscall.Exec restores
// it before it executes anything, so we execute a file that does not exist. (A child
// could report the limit, but only with ptrace or a shell, and sandboxes have neither.)
func originalNoFile() error {
	if err := syscall.Exec("", []string{""}, nil); err != syscall.ENOENT {
		return fmt.Errorf("cannot restore RLIMIT_NOFILE: executing nothing gives %w", err)
	}
	return nil
}

// manyFiles keeps the current limit of open descriptors for children and raises this
// process's own as far as possible.
func manyFiles() error {
	lim, err := getLimit(unix.RLIMIT_NOFILE, "RLIMIT_NOFILE")
	if err != nil {
		return err
	}
	noFile.Store(&lim)
	if lim.Soft < lim.Hard-1 {
		own := makeRlimit(Rlimit{lim.Resource, lim.Hard - 1, lim.Hard})
		// some systems have a lower bound of their own
		_ = syscall.Setrlimit(unix.RLIMIT_NOFILE, &own)
	}
	return nil
}

// LimitOfChildren returns the limit of open descriptors of children; the zero value: that
// of this process.
func LimitOfChildren() Rlimit {
	if lim := noFile.Load(); lim != nil {
		return *lim
	}
	return Rlimit{}
}

// LimitChildren sets what LimitOfChildren returned in the program before.
func LimitChildren(l Rlimit) {
	if l != (Rlimit{}) {
		noFile.Store(&l)
	}
}
