package compat

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

func init() {
	children["numbers"] = childNumbers
	children["ponder"] = childPonder
}

// numbered is line i of a program that writes such lines.
func numbered(layout string, i int) string {
	switch {
	case layout == "long":
		return fmt.Sprintf("%d %s\n", i, strings.Repeat("x", 5000+i%20000))
	case layout == "mixed":
		return fmt.Sprintf("%d %s\n", i, strings.Repeat("y", i%97))
	case layout == "capture" && i%20 == 7:
		return fmt.Sprintf("<!--XSUPERVISOR:BEGIN-->count %d<!--XSUPERVISOR:END-->", i)
	}
	return fmt.Sprintf("%d\n", i)
}

// childNumbers LAYOUT N writes N further numbered lines, as fast as they are taken, for
// each line that it reads. With the layout "both" every second one goes to stderr.
func childNumbers(args []string) int {
	n, _ := strconv.Atoi(args[1])
	layout, next := args[0], 0
	out := bufio.NewWriterSize(os.Stdout, 10000)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		for end := next + n; next < end; next++ {
			line := numbered(layout, next)
			switch {
			case layout != "both":
				_, _ = out.WriteString(line)
			case next%2 == 0:
				_, _ = os.Stdout.WriteString(line)
			default:
				_, _ = os.Stderr.WriteString(line)
			}
		}
		_ = out.Flush()
	}
	return 0
}

// childPonder RECORD FILE MILLISECONDS is a listener that records as childListen does. It
// takes its time for each event until the file exists.
func childPonder(args []string) int {
	rec, in := record(args[0]), bufio.NewReader(os.Stdin)
	ms, _ := strconv.Atoi(args[2])
	for {
		fmt.Print("READY\n")
		head, payload, err := readEvent(in, false)
		_, _ = rec.WriteString(head + payload)
		if err != nil {
			return 0
		}
		if !fileExists(args[1]) {
			<-time.After(time.Duration(ms) * time.Millisecond)
		}
		fmt.Print("RESULT 2\nOK")
	}
}
