package spawn

import (
	"syscall"

	"reeve/supervisor/process"
)

// keptEnded handles the end of a child of the keeper.
func (l *loop) keptEnded(e KeptExit) {
	status := process.ExitOf(e.Status)
	l.k.mu.Lock()
	ours := l.k.live[e.Pid] == kept
	if ours {
		delete(l.k.live, e.Pid)
		if l.k.opt.Witness != nil {
			l.k.opt.Witness(e.Pid, status)
		}
	}
	l.k.mu.Unlock()
	if ours { // else it is an orphan of a program, or a starter whose daemon has died
		l.exits = append(l.exits, Exit{Pid: e.Pid, Status: status})
	}
	l.k.opt.Keeper.Told(e.Pid)
}

// Exists reports whether there is a process with that pid, even if it has ended and is not
// reaped.
func Exists(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
