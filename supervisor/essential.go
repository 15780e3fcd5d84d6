package supervisor

import (
	"fmt"

	"reeve/config"
	"reeve/supervisor/process"
)

// judge ends the daemon if c has reached an end that the configuration calls the end of
// everything. Such ends are never asked for: what is stopped on request is STOPPED, and
// during a shutdown nothing is judged.
func (l *loop) judge(c *child) {
	m := c.machine
	if c.config.Essential == config.NotEssential || l.state != Running {
		return
	}
	status := m.Last.ShellStatus()
	switch {
	case m.State == process.Fatal:
		status = max(status, 1) // it failed, however its last run ended
	case m.State == process.Exited && c.config.Essential == config.EssentialExit && !m.Restarts():
	default:
		return
	}
	l.status = status
	l.log(process.Critical, fmt.Sprintf("essential program %s is %s; shutting down, the exit status will be %d", c.config.Name, m.State, status))
	l.setState(Shutdown)
}
