package notify

// stat is what /proc says about a process.
type stat struct{ parent, group, session int }

// mostParents bounds the way up from a process.
const mostParents = 128

// lineage is what a process descends from: itself, its parent and so on, up to a child of
// this process if it descends from one.
type lineage struct {
	pids  []int
	child int // the last of pids, if that is a child of this process; else 0
	first stat
	gone  bool // there is no such process any more
}

// ancestors follows the parents of a process.
func ancestors(pid, self int, look func(pid int) (stat, bool)) (l lineage) {
	for p := pid; p > 0 && len(l.pids) < mostParents; {
		st, ok := look(p)
		if len(l.pids) == 0 {
			l.first, l.gone = st, !ok
		}
		l.pids = append(l.pids, p)
		if !ok {
			break
		}
		if st.parent == self {
			l.child = p
			break
		}
		p = st.parent
	}
	return l
}

// owner returns the run that a process belongs to, nil if it is not known.
func (b *inbox) owner(l lineage) *sender {
	for _, p := range l.pids {
		if s := b.byPid[p]; s != nil {
			return s
		}
	}
	for _, leader := range [...]int{l.first.group, l.first.session} {
		if s := b.byPid[leader]; s != nil {
			return s
		}
	}
	return nil
}
