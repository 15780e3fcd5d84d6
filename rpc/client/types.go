package client

import "reeve/rpc/api"

// The answers of the methods are those of package api.
type (
	ProcessInfo = api.ProcessInfo
	Process     = api.Process
	ConfigInfo  = api.ConfigInfo
	Result      = api.Result
	Changes     = api.Changes
)
