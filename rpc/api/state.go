package api

import "reeve/supervisor/process"

// The states of a process as numbers (ProcessInfo.State).
const (
	StateStopped  = int(process.Stopped)
	StateStarting = int(process.Starting)
	StateRunning  = int(process.Running)
	StateBackoff  = int(process.Backoff)
	StateStopping = int(process.Stopping)
	StateExited   = int(process.Exited)
	StateFatal    = int(process.Fatal)
	StateUnknown  = int(process.Unknown)
)
