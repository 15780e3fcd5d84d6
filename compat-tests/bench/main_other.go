//go:build !linux || !(amd64 || arm64)

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: measures by Linux's /proc, on amd64 and arm64 only")
	os.Exit(1)
}
