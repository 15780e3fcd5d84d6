package client

import "reeve/rpc/api"

// What the methods return; the types are package api's, which says what is in them.
type (
	ProcessInfo = api.ProcessInfo // a process and its state
	Process     = api.Process     // all that there is to know about a process
	ConfigInfo  = api.ConfigInfo  // a process as it is configured
	Result      = api.Result      // the outcome for one process of a call on several
	Changes     = api.Changes     // what a changed configuration would change
)
