// Command echo_supervisord_conf prints a sample config file that explains every option.
package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
)

//go:embed sample.conf
var sample string

func main() { os.Exit(run(os.Stdout, os.Stderr)) }

func run(stdout, stderr io.Writer) int {
	if _, err := io.WriteString(stdout, sample); err != nil {
		fmt.Fprintf(stderr, "cannot print the sample config: %v\n", err)
		return 1
	}
	return 0
}
