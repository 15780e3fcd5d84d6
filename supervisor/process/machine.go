package process

import (
	"time"
)

// Machine is one process. The fields are plain data; only the methods change them.
type Machine struct {
	Name   string
	Policy Policy `json:"-"`

	State   State
	Pid     int  // of the child; 0: none, or the fork's outcome is not known
	Forking bool // Spawn was asked for and not answered yet
	Stuck   bool // the fork under way takes so long that Hangs was called
	// The daemon itself lacked what the last start needs. BACKOFF lasts as long as that
	// does.
	Short bool
	// The last start attempt, then the moment at which its child came into being; zero if
	// never (fact 152: start and stop times).
	Started    time.Time `json:"-"`
	Stopped    time.Time `json:"-"` // last end of a child; zero if never
	Failures   int       // starts that failed in a row
	SpawnErr   string    // why the last start failed or the last exit was unexpected
	ExitStatus int       // of the last child; -1 by a signal; 0 while it runs
	Asked      bool      // the last Kill was a signal of a caller, not part of a stop
	Due        time.Time `json:"-"`          // of BACKOFF: next try; of STOPPING: the next signal
	Signals    int       `json:",omitempty"` // of a stop under way, sent so far
	Limit      Limiter   `json:"-"`          // of restarts out of EXITED

	Last    Exit        // how the last child ended
	Ended   time.Time   `json:"-"` // when that was; zero: there was none
	Born    time.Time   `json:"-"` // when it was added; StartDelay counts from then
	Why     Reason      // of the last start, or of the one that follows a stop
	IsReady bool        // Ready was called for this child
	Asks    bool        // an automatic start needs the owner's leave
	Pending bool        // that was asked for; reset by each change of state
	Waived  bool        // its first start, by autostart, was called off
	Then    Then        // what follows the stop under way
	Retries int         // automatic starts in a row, for Policy.Delays
	Repeats int         // automatic starts since one that was asked for, or the boot
	Random  uint64      // state of the generator of its Jitter; the owner sets a seed
	Starts  []time.Time `json:"-"` // the last ones, for Policy.StartLimit
	Coming  *Policy     `json:"-"` // from the next start on; nil: Policy as it is
}

// New returns a process that never ran.
func New(name string, p Policy) *Machine { return &Machine{Name: name, Policy: p} }

// become is the only place that changes the state.
func (m *Machine) become(s State, tries int, pid int, expected bool) Effect {
	from := m.State
	m.State, m.Pending = s, false
	return Changed{From: from, To: s, Tries: tries, Pid: pid, Expected: expected}
}

// Start begins a start, requested or automatic. If a child exists or a fork is under way,
// it only logs that the process is already running (fact 149).
func (m *Machine) Start(now time.Time, why Reason) []Effect {
	if m.Pid != 0 || m.Forking {
		return []Effect{alreadyRunning(m.Name)}
	}
	switch m.State {
	case Stopped, Exited, Fatal, Backoff:
	case Starting, Running, Stopping, Unknown:
		return nil // a child exists, or it is not known whether one does
	}
	m.renew()
	m.count(now, why)
	m.Why, m.Then = why, Rest
	m.SpawnErr, m.ExitStatus = "", 0
	m.Started, m.Forking = now, true
	return []Effect{m.become(Starting, m.Failures, 0, false), Spawn{why}}
}

// Spawned reports that the child exists. A stop that was asked for meanwhile is signalled
// now.
func (m *Machine) Spawned(now time.Time, pid int) []Effect {
	if !m.Forking {
		return nil // nothing was asked for
	}
	m.Forking, m.Stuck, m.IsReady, m.Pid = false, false, false, pid
	m.Started = now // the time that the fork took does not count for startsecs
	effects := []Effect{spawned(m.Name, pid)}
	if m.Short {
		m.Short = false
		effects = append(effects, shortageOver(m.Name))
	}
	if m.State == Stopping {
		m.Due = now.Add(m.Policy.waitAfter(1))
		effects = append(effects, m.firstSignal()...)
	}
	return effects
}

// SpawnFailed reports that there is no child, and why.
func (m *Machine) SpawnFailed(now time.Time, reason string) []Effect {
	if !m.Forking {
		return nil // nothing was asked for
	}
	m.Forking, m.Stuck, m.Short = false, false, false
	m.SpawnErr = reason
	effects := []Effect{spawnErr(reason)}
	switch m.State {
	case Starting:
		return append(effects, m.fail(now))
	case Stopping: // a stop came before this was known
		return append(effects, m.become(Stopped, 0, 0, false))
	case Stopped, Running, Backoff, Exited, Fatal, Unknown:
	}
	return effects
}

// fail records a failed start. Without Delays the next try comes after as many seconds as
// there were failures in a row (fact 142: schedule of retries).
func (m *Machine) fail(now time.Time) Effect {
	if m.Failures < Unlimited {
		m.Failures++
	}
	m.Due = now.Add(time.Duration(m.Failures) * time.Second)
	m.postpone(now, 0)
	return m.become(Backoff, m.Failures, 0, false)
}

// Exited reports the end of the child.
func (m *Machine) Exited(now time.Time, e Exit) []Effect {
	if m.Pid == 0 {
		return nil // not ours
	}
	pid, lived := m.Pid, now.Sub(m.Started)
	m.Pid, m.Last = 0, e
	m.Stopped, m.Ended = now, now
	switch m.State {
	case Stopping:
		m.ExitStatus = e.Code
		end := stopped(m.Name, e, m.Policy.expects(e.Code))
		if m.Then == Fail {
			m.Then = Rest
			return []Effect{m.fail(now), end}
		}
		return []Effect{m.become(Stopped, 0, pid, false), end}
	case Starting:
		if lived < m.Policy.StartFor || m.unready() { // whatever the exit code (fact 145)
			m.ExitStatus = 0
			if m.SpawnErr = tooQuickly; m.unready() {
				m.SpawnErr = beforeReady
			}
			return []Effect{m.fail(now), exited(m.Name, e, false)}
		}
		return append([]Effect{m.become(Running, 0, pid, false)}, m.ended(now, e, pid)...)
	case Running:
		return m.ended(now, e, pid)
	case Unknown: // its child is gone at last; the state stays UNKNOWN
		m.ExitStatus = e.Code
		return []Effect{exited(m.Name, e, m.Policy.expects(e.Code))}
	case Stopped, Backoff, Exited, Fatal:
	}
	return nil
}

// ended handles an exit out of RUNNING that nobody asked for.
func (m *Machine) ended(now time.Time, e Exit, pid int) []Effect {
	expected := m.Policy.expects(e.Code)
	m.ExitStatus = e.Code
	switch {
	case expected || !m.Policy.Oneshot:
		m.Failures = 0
	case m.Failures < Unlimited:
		m.Failures++
	}
	if !expected {
		m.SpawnErr = badExitCode(e.Code)
	}
	m.postpone(now, now.Sub(m.Started))
	return []Effect{m.become(Exited, 0, pid, expected), exited(m.Name, e, expected)}
}

// GiveUp is called when the daemon ends: a process in BACKOFF becomes FATAL, without a
// line in the log (fact 127).
func (m *Machine) GiveUp(time.Time) []Effect {
	if m.State != Backoff {
		return nil
	}
	m.Failures, m.Short = 0, false
	return []Effect{m.become(Fatal, 0, 0, false)}
}

// Elapsed does what is due at now. If stopping is set, the daemon is being shut down or
// restarted, and nothing is started.
func (m *Machine) Elapsed(now time.Time, stopping bool) []Effect {
	var effects []Effect
	for {
		due, ok := m.Deadline(stopping)
		if !ok || now.Before(due) {
			return effects
		}
		more := m.due(now)
		if effects == nil {
			effects = more
		} else {
			effects = append(effects, more...)
		}
		if len(more) == 0 || m.Forking || m.Pending {
			return effects
		}
	}
}

func (m *Machine) due(now time.Time) []Effect {
	switch m.State {
	case Starting:
		if !m.Policy.Oneshot {
			m.Failures = 0
		}
		if m.Policy.Ready {
			return []Effect{m.become(Running, 0, m.Pid, false), ready(m.Name)}
		}
		return []Effect{m.become(Running, 0, m.Pid, false), success(m.Name, m.Policy.StartFor)}
	case Backoff:
		if m.exhausted() {
			return m.giveUp()
		}
		return m.automatic(now, m.retry())
	case Stopping:
		return m.nextSignal(now)
	case Exited:
		if m.exhausted() {
			return m.giveUp()
		}
		if !m.Asks || m.Pending {
			m.Limit.take(now)
		}
		return m.automatic(now, WhyAutorestart)
	case Stopped:
		if m.Then == StartNow {
			return m.automatic(now, m.Why)
		}
		return m.automatic(now, WhyBoot)
	case Running, Fatal, Unknown:
	}
	return nil
}

// giveUp ends the tries to start.
func (m *Machine) giveUp() []Effect {
	m.Failures = 0
	return []Effect{m.become(Fatal, 0, 0, false), gaveUp(m.Name)}
}

// unready reports whether a process in STARTING has still to become ready.
func (m *Machine) unready() bool { return m.Policy.Ready && !m.IsReady }

// Expected reports whether the last child ended with an expected exit code.
func (m *Machine) Expected() bool { return m.Policy.expects(m.ExitStatus) }

// Restarts reports whether a process in EXITED is started again, at once or later.
func (m *Machine) Restarts() bool { return m.State == Exited && m.Policy.restarts(m.ExitStatus) }

// TriesAgain reports whether a failure is followed by another try, so that the start is not
// over.
func (m *Machine) TriesAgain() bool {
	return !m.exhausted() && (m.State == Backoff || m.Restarts())
}

// Done reports whether a oneshot process has reached its goal.
func (m *Machine) Done() bool {
	return m.Policy.Oneshot && m.State == Exited && m.Policy.expects(m.ExitStatus)
}

// exhausted reports whether a process in BACKOFF, or a oneshot one in EXITED, has no try
// left.
func (m *Machine) exhausted() bool { return m.Failures > m.Policy.StartRetries && !m.Short }

// minKillInterval keeps a process with stopwaitsecs=0 from being sent SIGKILL without a
// pause until the child is reaped.
const minKillInterval = time.Second

// Deadline returns the earliest instant at which Elapsed does something, and whether
// there is one. What is due at once has an instant in the past. Strict comparisons of
// upstream ("longer than startsecs") hold to the nanosecond.
func (m *Machine) Deadline(stopping bool) (time.Time, bool) {
	switch m.State {
	case Starting:
		if m.Forking || m.unready() {
			return time.Time{}, false
		}
		return m.Started.Add(max(m.Policy.StartFor, -1) + 1), true
	case Backoff:
		if m.exhausted() {
			return m.Started, true
		}
		return m.Due.Add(1), !stopping && !m.Pending
	case Stopping:
		return m.Due, m.Pid != 0
	case Stopped:
		switch {
		case stopping || m.Pending:
		case m.Then == StartNow:
			return time.Time{}, true
		case m.first():
			return m.delayed(), true
		}
	case Exited:
		due := !stopping && m.Policy.restarts(m.ExitStatus)
		switch {
		case m.exhausted():
			return m.Stopped, due
		case m.Policy.Delays.Delay > 0:
			return m.Due, due && !m.Pending
		}
		return m.Limit.next(m.Stopped), due && !m.Pending
	case Running, Fatal, Unknown:
	}
	return time.Time{}, false
}

// delayed returns the instant of the first start of a process with autostart; zero: at
// once.
func (m *Machine) delayed() time.Time {
	if m.Policy.StartDelay == 0 {
		return time.Time{}
	}
	return m.Born.Add(m.Policy.StartDelay)
}
