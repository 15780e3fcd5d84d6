package compat

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// readEvent returns an event exactly as received, header and payload. The header's len
// counts characters, as listeners that read text do, or bytes.
func readEvent(in *bufio.Reader, inBytes bool) (head, payload string, err error) {
	if head, err = in.ReadString('\n'); err != nil {
		return head, "", err
	}
	length := -1
	for field := range strings.FieldsSeq(head) {
		if n, ok := strings.CutPrefix(field, "len:"); ok {
			length, _ = strconv.Atoi(n)
		}
	}
	if length < 0 {
		return head, "", fmt.Errorf("no header: %q", head)
	}
	var b strings.Builder
	for range length {
		if inBytes {
			c, err := in.ReadByte()
			if err != nil {
				return head, b.String(), err
			}
			b.WriteByte(c)
			continue
		}
		r, _, err := in.ReadRune()
		if err != nil {
			return head, b.String(), err
		}
		b.WriteRune(r)
	}
	return head, b.String(), nil
}

func record(path string) *os.File {
	rec, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(96)
	}
	return rec
}

// childListen [-bytes] RECORD [ANSWER…] is an event listener that appends every event to
// the file, byte for byte as received. It answers with the results in turn and with OK
// once they are used up; if "…" follows the last one, that is repeated for ever. The
// answer "payload" returns the payload.
func childListen(args []string) int {
	inBytes := args[0] == "-bytes"
	if inBytes {
		args = args[1:]
	}
	rec, in, answers := record(args[0]), bufio.NewReader(os.Stdin), slices.Clone(args[1:])
	for {
		fmt.Print("READY\n")
		head, payload, err := readEvent(in, inBytes)
		_, _ = rec.WriteString(head + payload)
		if err != nil {
			return 0
		}
		answer := "OK"
		switch {
		case len(answers) == 2 && answers[1] == "…":
			answer = answers[0]
		case len(answers) > 0:
			answer, answers = answers[0], answers[1:]
		}
		if answer == "payload" {
			answer = payload
		}
		fmt.Printf("RESULT %d\n%s", len(answer), answer)
	}
}

// childPuppet [-e] RECORD copies its stdin to the file, and writes the texts that the
// step "say" sends it, each in one write: to stdout, or with -e to stderr.
func childPuppet(args []string) int {
	out := os.Stdout
	if args[0] == "-e" {
		out, args = os.Stderr, args[1:]
	}
	go func() { _, _ = io.Copy(record(args[0]), os.Stdin) }()
	ear := args[0] + ".say"
	if err := syscall.Mkfifo(ear, 0o666); err != nil && !errors.Is(err, fs.ErrExist) {
		return 96
	}
	// For both directions, so that it has no end.
	in, err := os.OpenFile(ear, os.O_RDWR, 0)
	if err != nil {
		return 96
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		text, err := strconv.Unquote(lines.Text())
		if err != nil {
			return 96
		}
		_, _ = out.WriteString(text)
	}
	return 98
}

// childDeaf is a listener that is READY but has closed its stdin.
func childDeaf([]string) int {
	_ = syscall.Close(0)
	fmt.Print("READY\n")
	return linger()
}
