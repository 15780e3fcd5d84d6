package main

import (
	"reeve/rpc/api"
)

// Exit statuses (fact 269): the numbers of LSB init scripts, which upstream uses for
// everything, and two that only `status` uses.
const (
	exitOK            = 0
	exitGeneric       = 1
	exitInvalidArgs   = 2
	exitUnimplemented = 3 // no supervisor namespace
	exitRefused       = 4
	exitNotInstalled  = 5 // another API version
	exitNotRunning    = 7

	exitWaitNever = 1 // wait: a process can't get there any more
	exitWaitLate  = 3 // wait: the time is over

	exitStatusNotRunning = 3 // status: a listed process is not running
	exitStatusUnknown    = 4 // status: unknown name, or no answer
)

// noteFault sets the exit status for one result (fact 270): the last failure decides. The
// code ignored leaves the status as it was.
func (c *ctl) noteFault(code, ignored int) {
	switch code {
	case api.Success, ignored:
	case api.SpawnError, api.AbnormalTermination, api.NotRunning, stillStarting:
		c.exit = exitNotRunning
	default:
		c.exit = exitGeneric
	}
}
