package main

import (
	"math"
	"runtime/debug"
)

// limitRuntime makes this process's memory independent of GOGC and GOMEMLIMIT, which are meant for the programs it runs.
func limitRuntime() {
	debug.SetGCPercent(100)
	debug.SetMemoryLimit(math.MaxInt64)
}
