package rpc_test

import (
	"reeve/rpc"
	"reeve/rpc/httpd"
	"reeve/supervisor"
)

// What is put together in the daemon fits.
var (
	_ rpc.Supervisor = (*supervisor.Supervisor)(nil)
	_ httpd.RPC      = (*rpc.Server)(nil)
	_ httpd.Logs     = (*rpc.Server)(nil)
)
