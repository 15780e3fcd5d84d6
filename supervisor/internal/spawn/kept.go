package spawn

import "reeve/supervisor/process"

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
	l.exits = append(l.exits, Exit{Pid: e.Pid, Status: status, Orphan: !ours})
	l.k.opt.Keeper.Told(e.Pid)
}
