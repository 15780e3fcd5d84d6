package notify

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if part := parts[os.Args[1]]; part != nil {
			part(os.Args[2:])
			return
		}
	}
	os.Exit(m.Run())
}

// parts are the programs that the test binary plays as a child, by its first argument.
var parts = map[string]func(args []string){}

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
