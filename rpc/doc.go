// Package rpc is the XML-RPC surface of the daemon: the table of methods, what each does
// with the supervisor's handle, and which fault each refusal becomes.
//
// # The map
//
//	table.go    a row per method: name, handler, help with its signature
//	server.go   Server: dispatch, arity, the check of the daemon's state; Server.Do for
//	            callers in this process
//	wire.go     Server.Call: from a decoded call to the bytes of the reply
//	state.go    the daemon itself: version, state, shutdown, reread
//	process.go  starting, stopping, signalling, stdin; group.go: the same for groups and
//	            for all processes
//	info.go     getProcessInfo and getAllProcessInfo; configinfo.go: getAllConfigInfo
//	recent.go   the last reply about all processes
//	logs.go     reading, following and clearing logs
//	namespaces.go  the other factories of [rpcinterface:x]: twiddler.go, cache.go,
//	            laforge.go
//	system.go   listMethods, methodHelp, methodSignature, multicall
//	args.go     which values clients may pass; pytext.go: how Python would read or print
//	            them
//	handover.go  what becomes of calls and caches when the daemon is replaced
//	faults.go   codes and texts, and the only place where an error becomes a fault
//
// # Waiting
//
// A call that waits (a start, a stop) blocks the goroutine that carries it out and
// nothing else. It ends early when its context ends, which a transport arranges for a
// client that has gone away; a start or stop already under way goes on.
package rpc
