package rpc_test

import (
	"reeve/rpc"
	"reeve/rpc/handler"
	"reeve/supervisor"
)

// The types that the daemon combines fit together.
var (
	_ rpc.Supervisor   = (*supervisor.Supervisor)(nil)
	_ handler.RPC      = (*rpc.Server)(nil)
	_ handler.LogFiles = (*rpc.Server)(nil)
)
