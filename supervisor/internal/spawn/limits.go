package spawn

import (
	"fmt"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

const unlimited = uint64(unix.RLIM_INFINITY)

// minimum is a limit that the configuration asks for.
type minimum struct {
	resource int
	name     string
	want     uint64
	setting  string
	stem     string // upstream's complaint
	unit     string
}

// noFileSet: RaiseLimits has set RLIMIT_NOFILE, for children, too.
var noFileSet atomic.Bool

// RaiseLimits raises the limits of open descriptors and of processes to what the configuration asks for (checklist 110). infos
// are for the main log. With reexec the caller must execute the program again (Reexec) and carry infos over: then children get
// the new limit and the daemon keeps a high one, because the Go runtime raises its own at start and restores it in children. The
// error's text is upstream's.
func RaiseLimits(minfds, minprocs int) (infos []string, reexec bool, err error) {
	minima := []minimum{
		{
			unix.RLIMIT_NOFILE, "RLIMIT_NOFILE", uint64(max(minfds, 0)), "minfds",
			"The minimum number of file descriptors required to run this process", "open %d file descriptors",
		},
		{
			unix.RLIMIT_NPROC, "RLIMIT_NPROC", uint64(max(minprocs, 0)), "minprocs",
			"The minimum number of available processes required to run this program", "have %d processes",
		},
	}
	for _, m := range minima {
		var lim syscall.Rlimit
		if err := syscall.Getrlimit(m.resource, &lim); err != nil {
			return infos, reexec, fmt.Errorf("cannot read %s: %w", m.name, err)
		}
		soft, hard := uint64(lim.Cur), uint64(lim.Max)
		if m.resource == unix.RLIMIT_NOFILE {
			if original, err := OriginalNoFile(); err == nil {
				soft = original
			}
		}
		if soft >= m.want || soft == unlimited {
			continue
		}
		wanted := Rlimit{m.resource, m.want, max(hard, m.want)}
		lim = makeRlimit(wanted)
		if err := syscall.Setrlimit(m.resource, &lim); err != nil {
			return infos, reexec, fmt.Errorf(`%s is %d as per the "%s" command-line argument or config file setting. `+
				`The current environment will only allow you to `+m.unit+`. Raise that limit or lower %[3]s.`,
				m.stem, m.want, m.setting, hard)
		}
		if m.resource == unix.RLIMIT_NOFILE {
			noFileSet.Store(true)
		}
		infos = append(infos, fmt.Sprintf("Increased %s limit to %d", m.name, m.want))
		if m.resource == unix.RLIMIT_NOFILE && wanted.Hard > wanted.Soft+1 {
			reexec = true
		}
	}
	return infos, reexec, nil
}
