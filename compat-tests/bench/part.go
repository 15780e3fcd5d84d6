//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"os"
)

// parts are the other programs in this executable: children of the daemons, and the bare
// handler. They run as: bench part NAME ARGUMENT…
var parts = map[string]func(args []string) error{
	"bare":     serveBare,                                  // SOCKET FILE
	"blocks":   writeRecords(pageSize, blockSize/pageSize), // BYTES
	"lines":    writeRecords(lineSize, 1),                  // BYTES
	"ondemand": writeOnDemand,                              // FIFO
	"listen":   listen,                                     // FIFO EACH
}

func part(name string, args []string) {
	run, ok := parts[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "bench: no part", name)
		os.Exit(2)
	}
	if err := run(args); err != nil {
		fmt.Fprintf(os.Stderr, "bench: part %s: %v\n", name, err)
		os.Exit(1)
	}
}
