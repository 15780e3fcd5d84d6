package process

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Text of the main log about processes. Users grep for these lines: they are upstream's,
// byte for byte (facts 2F: lines of the log), and change only with a row in
// docs/compat.md.

// tooQuickly is the error text of a start whose child ended before startsecs.
const tooQuickly = "Exited too quickly (process log may have details)"

// beforeReady is the error text of a start whose child ended before it was ready.
const beforeReady = "Exited before it was ready (process log may have details)"

func tooOften(l StartLimit) string {
	within := l.Within.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(within, zero) {
			within = within[:len(within)-2]
		}
	}
	return fmt.Sprintf("Started %d times within %s (start_limit)", l.Starts, within)
}

func badExitCode(code int) string { return "Bad exit code " + strconv.Itoa(code) }

func spawned(name string, pid int) Effect {
	return Log{Info, "spawned: '" + name + "' with pid " + strconv.Itoa(pid)}
}

func spawnErr(reason string) Effect { return Log{Info, "spawnerr: " + reason} }

func hangs(name, where string) Effect {
	return Log{Warn, "start of '" + name + "' hangs: " + where}
}

func revoked(name string) Effect { return Log{Info, "stopped: " + name + " (start given up)"} }

func shortage(name string) Effect {
	return Log{Warn, "start of '" + name + "' is postponed: supervisord itself is short of resources; it is tried again each second and not " +
		"counted as a failure"}
}

func shortageOver(name string) Effect {
	return Log{Info, "start of '" + name + "' is no longer postponed"}
}

func success(name string, startFor time.Duration) Effect {
	seconds := strconv.FormatInt(int64(startFor/time.Second), 10)
	return Log{Info, "success: " + name + " entered RUNNING state, process has stayed up for > than " + seconds + " seconds (startsecs)"}
}

func gaveUp(name string) Effect {
	return Log{Info, "gave up: " + name + " entered FATAL state, too many start retries too quickly"}
}

func gaveUpLimit(name, reason string) Effect {
	return Log{Info, "gave up: " + name + " entered FATAL state: " + reason}
}

func ready(name string) Effect {
	return Log{Info, "success: " + name + " entered RUNNING state, it is ready"}
}

func exited(name string, e Exit, expected bool) Effect {
	if expected {
		return Log{Info, "exited: " + name + " (" + e.String() + "; expected)"}
	}
	return Log{Warn, "exited: " + name + " (" + e.String() + "; not expected)"}
}

func stopped(name string, e Exit, expected bool) Effect {
	level := Warn
	if expected {
		level = Info
	}
	return Log{level, "stopped: " + name + " (" + e.String() + ")"}
}

func alreadyRunning(name string) Effect {
	return Log{Warn, "process '" + name + "' already running"}
}

func killing(name string, pid int, sig syscall.Signal, group bool) Effect {
	as := ""
	if group {
		as = "process group "
	}
	return Log{Debug, "killing " + name + " (pid " + strconv.Itoa(pid) + ") " + as + "with signal " + SignalName(sig)}
}

func sigkill(name string, pid int) Effect {
	return Log{Warn, fmt.Sprintf("killing '%s' (%d) with SIGKILL", name, pid)}
}

func sending(name string, pid int, sig syscall.Signal) Effect {
	return Log{Debug, fmt.Sprintf("sending %s (pid %d) sig %s", name, pid, SignalName(sig))}
}

func notRunning(name string, sig syscall.Signal) Effect {
	return Log{Debug, fmt.Sprintf("attempted to send %s sig %s but it wasn't running", name, SignalName(sig))}
}

func killedInBackoff(name string) Effect {
	return Log{Debug, "Attempted to kill " + name + ", which is in BACKOFF state."}
}

func justGone(name string, pid int, asked bool) Effect {
	now := ""
	if asked {
		now = "now " // upstream has two wordings, one for a caller's signal
	}
	return Log{Debug, fmt.Sprintf(
		"unable to signal %s (pid %d), it probably just %sexited on its own: [Errno 3] No such process", name, pid, now)}
}

func killProblem(name string, pid int, reason string, asked bool) Effect {
	what := "killing"
	if asked {
		what = "sending sig"
	}
	return Log{Critical, fmt.Sprintf("unknown problem %s %s (%d):%s", what, name, pid, reason)}
}
