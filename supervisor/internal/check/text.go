package check

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"reeve/config/health"
	"reeve/supervisor/process"
)

// The lines of the main log about readiness and health, and the reasons, which are shown
// as the error of a start and by `why`. They have the form of the lines about processes.

func decimal(n int) string { return strconv.Itoa(n) }

// span prints a duration with no more digits than anybody wants to know.
func span(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		d = d.Round(time.Second)
	case d >= time.Second:
		d = d.Round(100 * time.Millisecond)
	case d >= 10*time.Millisecond:
		d = d.Round(time.Millisecond)
	case d >= time.Millisecond:
		d = d.Round(100 * time.Microsecond)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func ready(name string, after time.Duration, by string) Effect {
	return Log{process.Info, "ready: " + name + " after " + span(after) + " (" + by + ")"}
}

func notReady(name, when, why string) Effect {
	return Log{process.Warn, "not ready: " + name + when + " (" + why + ")"}
}

func notReadyText(when, why string) string { return "not ready" + when + ": " + why }

func healthy(name string) Effect { return Log{process.Info, "healthy: " + name} }

func unhealthy(name, reason string, do health.Do, sig syscall.Signal) Effect {
	var follows []string
	if sig != 0 {
		follows = append(follows, "sent "+process.SignalName(sig))
	}
	switch do {
	case health.Restart:
		follows = append(follows, "restarted")
	case health.Stop:
		follows = append(follows, "stopped")
	case health.Send:
	case health.Nothing:
		follows = append(follows, "left alone")
	}
	return Log{process.Warn, "unhealthy: " + name + " (" + reason + "); it is " + strings.Join(follows, " and ")}
}

func inARow(failures int, last string) string {
	if failures == 1 {
		return "a check failed: " + last
	}
	return decimal(failures) + " checks in a row failed, the last: " + last
}

func unable(name, what, detail string) Effect {
	return Log{process.Warn, "cannot check " + name + " (" + what + "): " + detail + "; this does not count against it"}
}
