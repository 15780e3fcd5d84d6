package logfile

import "fmt"

// Outage is a change for better or worse of what a log can take. It is reported once per outage at its begin and once at its
// end. String is the whole message, without a final stop.
type Outage struct {
	Path string
	Err  error // why it can't be written or rotated; nil: it can be again
	Lost int64 // at the end of an outage: bytes dropped
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
