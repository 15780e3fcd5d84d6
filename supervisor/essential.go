package supervisor

import (
	"reeve/config"
	"reeve/supervisor/process"
)

// essentialEnd reports whether c has reached an end that the configuration calls the end
// of everything, and the exit status that the daemon then has. Such an end is never asked
// for: what is stopped on request is STOPPED.
func (c *child) essentialEnd() (status int, ended bool) {
	m := c.machine
	if c.config.Essential == config.NotEssential || c.excused {
		return 0, false
	}
	switch m.State {
	case process.Fatal:
		return max(m.Last.ShellStatus(), 1), true // it failed, however its last run ended
	case process.Exited:
		return m.Last.ShellStatus(), c.config.Essential == config.EssentialExit && !m.Restarts()
	}
	return 0, false
}
