package process

import (
	"fmt"
	"time"
)

// Describe is the text that status shows behind the state (checklist 153). start and stop are zero if there was none; times are
// shown in their own location.
func Describe(name string, s State, pid int, spawnErr string, start, stop, now time.Time) string {
	switch s {
	case Running:
		return fmt.Sprintf("pid %d, uptime %s", pid, uptime(now.Unix()-start.Unix()))
	case Fatal, Backoff:
		if spawnErr == "" {
			return fmt.Sprintf(`unknown error (try "tail %s")`, name)
		}
		return spawnErr
	case Stopped, Exited:
		if start.IsZero() {
			return "Not started"
		}
		if stop.IsZero() { // stopped out of BACKOFF without ever having had a child
			stop = time.Unix(0, 0).In(start.Location())
		}
		return stop.Format("Jan 02 03:04 PM")
	case Starting, Stopping, Unknown:
	}
	return ""
}

// uptime is Python's rendering of a timedelta.
func uptime(seconds int64) string {
	seconds = max(seconds, 0)
	days := seconds / 86400
	clock := fmt.Sprintf("%d:%02d:%02d", seconds/3600%24, seconds/60%60, seconds%60)
	switch days {
	case 0:
		return clock
	case 1:
		return "1 day, " + clock
	}
	return fmt.Sprintf("%d days, %s", days, clock)
}
