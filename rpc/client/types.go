package client

import "reeve/rpc/api"

// What the methods answer is that of package api.
type (
	ProcessInfo = api.ProcessInfo
	ConfigInfo  = api.ConfigInfo
	Result      = api.Result
	Changes     = api.Changes
)
