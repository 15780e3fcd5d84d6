package rpc_test

import (
	"reeve/rpc"
	"reeve/rpc/httpd"
	"reeve/supervisor"
)

// The types that the daemon combines fit together.
var (
	_ rpc.Supervisor = (*supervisor.Supervisor)(nil)
	_ httpd.RPC      = (*rpc.Server)(nil)
	_ httpd.Logs     = (*rpc.Server)(nil)
)
