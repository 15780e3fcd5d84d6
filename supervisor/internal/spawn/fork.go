package spawn

import (
	"strconv"
	"syscall"

	"reeve/supervisor/rescue"
)

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// forks returns how many children we may have whose pid we don't know.
func (l *loop) forks() int {
	n := 0
	if l.starter != nil && l.starter.held == 0 {
		n = len(l.starter.sent)
	}
	if l.here != nil {
		n++
	}
	if l.making {
		n++
	}
	return n
}

// fork hands a start to the starter, which it makes if there is none. It returns false if
// there is no room; the start then stays ready.
func (l *loop) fork(s *start) bool {
	if l.k.direct.Load() || s.deaths > maxDeaths {
		if l.here != nil {
			return false
		}
		l.here = s
		s.state = forking
		go rescue.Vital("a fork", func() {
			pid, err := s.forkHere()
			l.k.post(forkedHere{s, pid, err})
		})
		return true
	}
	switch {
	case l.starter != nil:
		return l.submit(s)
	case !l.making:
		l.making = true
		go rescue.Vital("making a starter", func() { // executing our own binary may hang
			st, err := l.k.newStarter(l.k)
			l.k.post(made{s, st, err})
		})
	}
	return false
}

// made is the outcome of making a starter for a start that is ready.
type made struct {
	s   *start
	st  *starter
	err error
}

func (m made) tell(l *loop) {
	l.making = false
	switch {
	case m.err == nil:
		l.k.own(m.st.pid, hidden)
		l.starter = m.st
	case kindOf(m.err) != Shortage:
		l.k.direct.Store(true)
	case m.s.state == ready && !m.s.revoked:
		l.settle(m.s, 0, m.err)
	}
	l.reapHeld()
}

func (m made) drop() {
	if m.err == nil {
		go rescue.Run("stopping a starter", m.st.stop) // it waits for a message, which drop must not
	}
}

// maxDeaths is how many starters may die with a start before it is forked by this
// process.
const maxDeaths = 3

// forkedHere is the outcome of a fork by this process.
type forkedHere struct {
	s   *start
	pid int
	err error
}

func (f forkedHere) tell(l *loop) {
	l.here = nil
	l.settle(f.s, f.pid, f.err)
	l.reapHeld()
}

func (f forkedHere) drop() { f.s.closeAll() }

// forkHere forks in this process, through the shim.
func (s *start) forkHere() (pid int, err error) {
	p := s.plan
	if lim := noFile.Load(); lim != nil {
		p.Limits = append([]Rlimit{*lim}, p.Limits...)
	}
	f, err := dataFile(p.append(nil))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	shim, err := shimPlan()
	if err != nil {
		return 0, err
	}
	unheld(func() {
		pid, err = syscall.ForkExec(shim.File, shim.Argv, attributes(shim, shimFiles(s.files(), int(f.Fd()))))
		// Perhaps we may not execute our own binary; the plan does not need the shim.
		if err != nil && kindOf(err) != Shortage && !s.plan.special() && s.plan.Umask < 0 {
			pid, err = syscall.ForkExec(s.plan.File, s.plan.Argv, attributes(&s.plan, s.plan.place(s.files())))
		}
	})
	return pid, err
}

// shimFiles returns the descriptors of the shim: those of the child, with its plan at
// planFD and what is to become Spec.Listen and Spec.Extra behind that.
func shimFiles(files []int, plan int) []int {
	return append(append(files[:planFD:planFD], plan), files[planFD:]...)
}

// place puts what is to become Spec.Extra in its place; those between are closed. Plans
// with sockets go through the shim.
func (p *plan) place(files []int) []int {
	if p.Extra == 0 {
		return files[:planFD]
	}
	placed := files[:planFD:planFD]
	for range p.Extra - planFD {
		placed = append(placed, -1)
	}
	return append(placed, files[planFD])
}

// shimPlan returns the plan that executes the shim, which finds the start's own plan in
// the file after the child's descriptors.
func shimPlan() (*plan, error) {
	own, err := ownBinary()
	return &plan{File: own, Argv: []string{reexecName, shimPart}, Umask: -1}, err
}

// attributes returns the attributes for syscall.ForkExec; files are the child's
// descriptors from 0 on.
func attributes(p *plan, files []int) *syscall.ProcAttr {
	attr := &syscall.ProcAttr{Dir: p.Dir, Env: p.Env, Files: make([]uintptr, len(files)), Sys: &syscall.SysProcAttr{Setpgid: true}}
	for i, fd := range files {
		attr.Files[i] = uintptr(fd)
	}
	if p.Switch != nil {
		attr.Sys.Credential = &syscall.Credential{Uid: p.Switch.UID, Gid: p.Switch.Groups.GID, Groups: p.Switch.Groups.Groups}
	}
	return attr
}
