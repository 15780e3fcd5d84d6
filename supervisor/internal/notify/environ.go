package notify

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Inherited returns the variables of the daemon that children may inherit. Those that are
// about notifications are meant for the daemon itself: with them a program would talk to
// the service manager above, in the daemon's name. A program's own `environment` may set
// them again.
func Inherited(vars []string) []string {
	return slices.DeleteFunc(slices.Clone(vars), func(v string) bool {
		key, _, _ := strings.Cut(v, "=")
		switch key {
		case "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID":
			return true
		}
		return false
	})
}

// Variables returns what a program with `ready = notify` or a watchdog has in its
// environment. WATCHDOG_PID is left out, which means any process of the program: the one
// that answers need not be the child.
func Variables(address string, watchdog time.Duration) []string {
	vars := []string{"NOTIFY_SOCKET=" + address}
	if watchdog > 0 {
		vars = append(vars, "WATCHDOG_USEC="+strconv.FormatInt(watchdog.Microseconds(), 10))
	}
	return vars
}
