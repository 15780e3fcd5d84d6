package judge

import "time"

// Window is a time in which calls may fail.
type Window struct{ From, To time.Time }

// Failure is a call that failed.
type Failure struct {
	From, To time.Time
	Call     string
	Err      string
}

// Refused returns the failures of calls that were not in one of the windows.
func Refused(failures []Failure, windows []Window) []string {
	var wrong list
next:
	for _, f := range failures {
		for _, w := range windows {
			if f.From.Before(w.To) && f.To.After(w.From) {
				continue next
			}
		}
		wrong.add("%s failed at %s: %s", f.Call, f.From.Format("15:04:05.000"), f.Err)
	}
	return wrong
}
