package webui_test

import (
	"net/http"

	"reeve/rpc"
	"reeve/rpc/webui"
	"reeve/supervisor"
)

// The daemon's types satisfy the interfaces.
var (
	_ webui.Supervisor = (*supervisor.Supervisor)(nil)
	_ webui.RPC        = (*rpc.Server)(nil)
	_ http.Handler     = (*webui.Handler)(nil)
)
