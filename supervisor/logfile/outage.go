package logfile

import "fmt"

// Outage is a change in whether a log can be written. One is reported when a write
// failure starts, and one when it ends. String returns the whole message, without a full
// stop.
type Outage struct {
	Path string
	Err  error // why it can't be written or rotated; nil: it can again
	Lost int64 // if Err is nil: bytes dropped meanwhile
}

func (o Outage) String() string {
	switch {
	case o.Err != nil:
		return o.Err.Error()
	case o.Lost == 0:
		return fmt.Sprintf("%s is in order again; nothing was lost", o.Path)
	}
	return fmt.Sprintf("%s can be written again; %d bytes were lost", o.Path, o.Lost)
}
