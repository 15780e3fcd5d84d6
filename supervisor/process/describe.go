package process

import (
	"strconv"
	"time"
)

// Describe returns the description of a process: the text after the state in `status`
// (fact 153). start and stop are zero if the process was never started or never ended;
// times are shown in their own location.
func Describe(name string, s State, pid int, spawnErr string, start, stop, now time.Time) string {
	return string(AppendDescription(nil, name, s, pid, spawnErr, start, stop, now))
}

// AppendDescription appends the text of Describe to dst.
func AppendDescription(dst []byte, name string, s State, pid int, spawnErr string, start, stop, now time.Time) []byte {
	switch s {
	case Running:
		dst = append(dst, "pid "...)
		dst = strconv.AppendInt(dst, int64(pid), 10)
		dst = append(dst, ", uptime "...)
		return appendUptime(dst, now.Unix()-start.Unix())
	case Fatal, Backoff:
		if spawnErr != "" {
			return append(dst, spawnErr...)
		}
		dst = append(dst, `unknown error (try "tail `...)
		dst = append(dst, name...)
		return append(dst, `")`...)
	case Stopped, Exited:
		if start.IsZero() {
			return append(dst, "Not started"...)
		}
		if stop.IsZero() { // stopped out of BACKOFF, and never had a child
			stop = time.Unix(0, 0).In(start.Location())
		}
		return stop.AppendFormat(dst, "Jan 02 03:04 PM")
	case Starting, Stopping, Unknown:
	}
	return dst
}

// appendUptime appends a duration in seconds as Python prints a timedelta. A negative one
// counts as zero.
func appendUptime(dst []byte, seconds int64) []byte {
	seconds = max(seconds, 0)
	if days := seconds / 86400; days > 0 {
		dst = strconv.AppendInt(dst, days, 10)
		if days == 1 {
			dst = append(dst, " day, "...)
		} else {
			dst = append(dst, " days, "...)
		}
	}
	dst = strconv.AppendInt(dst, seconds/3600%24, 10)
	minutes, rest := seconds/60%60, seconds%60
	return append(dst, ':', byte('0'+minutes/10), byte('0'+minutes%10), ':', byte('0'+rest/10), byte('0'+rest%10))
}
