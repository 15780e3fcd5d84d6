package delivery

import "reeve/supervisor/process"

// Effect is something that the owner of a Bus must do: Log, Print or WriteStdin.
type Effect interface{ isEffect() }

// Log is a line for the main log.
type Log struct {
	Level process.Level
	Text  string
}

// Print is text for the daemon's stdout.
type Print struct{ Text []byte }

// WriteStdin is data for the stdin of a process that may not exist or not run; a failure
// is ignored.
type WriteStdin struct {
	Group, Process string
	Data           []byte
}

func (Log) isEffect()        {}
func (Print) isEffect()      {}
func (WriteStdin) isEffect() {}
