// Package rpc is the XML-RPC surface of the daemon: the table of methods, what each does with the supervisor's handle, and
// which fault each refusal becomes.
//
// # The map
//
//	table.go    a row per method: name, handler, help with its signature
//	server.go   Server: dispatch, arity, the check of the daemon's state; Server.Do for callers in this process
//	wire.go     Server.Call: a decoded call to reply bytes
//	state.go    the daemon itself: version, state, shutdown, reread
//	process.go  starting, stopping, signalling, stdin; group.go: the same for groups and everything
//	info.go     what getProcessInfo and getAllProcessInfo tell; configinfo.go: getAllConfigInfo
//	recent.go   the last reply about all processes
//	logs.go     reading, following and clearing logs
//	namespaces.go  what [rpcinterface:x] can name besides: twiddler.go, cache.go, laforge.go
//	system.go   listMethods, methodHelp, methodSignature, multicall
//	args.go     what clients may pass where; pytext.go: how Python would read or print it
//	faults.go   codes and texts, and the only place where an error becomes a fault
//
// # Waiting
//
// A call that waits (a start, a stop) blocks the goroutine that carries it out and nothing else. It ends early when its context
// ends, which a transport arranges for a client that has gone away; what was begun goes on.
package rpc
