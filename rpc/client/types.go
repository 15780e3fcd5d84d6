package client

import "reeve/rpc/api"

// What the methods return; the types are package api's, which says what is in them.
type (
	ProcessInfo = api.ProcessInfo // a process and its state
	Process     = api.Process     // all that there is to know about a process
	ConfigInfo  = api.ConfigInfo  // a process as it is configured
	Result      = api.Result      // the outcome for one process of a call on several
	OrderNode   = api.OrderNode   // a node of the graph of dependencies
	OrderNeed   = api.OrderNeed   // what a node depends on
	Upgrade     = api.Upgrade     // the outcome of an upgrade
	Roll        = api.Roll        // a rolling restart or update
	PlanEntry   = api.PlanEntry   // what a changed configuration means for a process
	PlanKey     = api.PlanKey     // a key in it
	Boot        = api.Boot        // what took how long at boot
	BootStep    = api.BootStep    // the part of a process in it
	Changes     = api.Changes     // what a changed configuration would change
)
