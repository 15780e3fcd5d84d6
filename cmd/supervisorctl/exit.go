package main

import (
	"reeve/rpc/api"
)

// Exit statuses (checklist 269): LSB init script numbers, which upstream uses for everything, and two of `status` alone.
const (
	exitOK            = 0
	exitGeneric       = 1
	exitInvalidArgs   = 2
	exitUnimplemented = 3 // no supervisor namespace
	exitRefused       = 4
	exitNotInstalled  = 5 // other API version
	exitNotRunning    = 7

	exitStatusNotRunning = 3 // status: a shown process is not running
	exitStatusUnknown    = 4 // status: unknown name, or no answer
)

// noteFault sets the exit status for one result (checklist 270): the last failing one decides, ignored leaves it as it was.
func (c *ctl) noteFault(code, ignored int) {
	switch code {
	case api.Success, ignored:
	case api.SpawnError, api.AbnormalTermination, api.NotRunning, stillStarting:
		c.exit = exitNotRunning
	default:
		c.exit = exitGeneric
	}
}
