// Package handler has the handlers of XML-RPC calls (/RPC2) and of log streams (/logtail,
// /mainlogtail). They are ordinary http.Handlers: what mounts them is a transport
// (package transport), and they behave the same on each, net/http's server included. The
// pages are in package webui.
package handler

import (
	"context"

	"reeve/rpc/xmlrpc"
)

// RPC carries out XML-RPC calls. Its methods are called from many goroutines.
type RPC interface {
	// Call appends the whole reply document to dst (xmlrpc.AppendReply) and returns it.
	// An error that is a *xmlrpc.Fault is sent as a fault, any other as status 500; the
	// result is then ignored. Call may take as long as it needs: ctx ends when the client
	// goes away or the server closes. dst must not be kept.
	Call(ctx context.Context, call xmlrpc.Call, dst []byte) ([]byte, error)
	// Prompt reports whether a method waits for nothing but the supervisor's loop:
	// earlier replies on the connection may then be held until its reply.
	Prompt(method string) bool
}

// LogFiles finds the files that are streamed. An error, or a file that is not there, is
// status 404.
type LogFiles interface {
	// ProcessLog returns the log of a process. name is as the client gave it: PROCESS or
	// GROUP:PROCESS. channel is "stdout" or "stderr".
	ProcessLog(ctx context.Context, name, channel string) (path string, err error)
	// MainLog returns the daemon's own log.
	MainLog() (path string, err error)
}
