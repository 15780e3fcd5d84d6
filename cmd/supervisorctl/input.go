package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// lineReader is where the shell, its questions and fg read lines. The methods that read
// return io.EOF at the end of input and errInterrupted when ctx is cancelled or Ctrl-C is
// typed.
type lineReader interface {
	// line returns the line without its newline. After Ctrl-C the cursor is on a new
	// line.
	line(ctx context.Context, prompt string) (string, error)
	// typed reads a line meant for a process: without prompt, completion or history.
	typed(ctx context.Context) (string, error)
	password(ctx context.Context, prompt string) (string, error)
	close() // saves the history, if there is one
}

// plainReader reads standard input as it is, if that is not a terminal or a terminal on
// which lines cannot be edited. The prompt is printed nevertheless (fact 286).
type plainReader struct {
	in      *bufio.Reader
	out     io.Writer
	history *history
	// pending is a read that outlived its caller; the next caller gets its line.
	pending chan readResult
}

type readResult struct {
	text string
	err  error
}

func newPlainReader(in io.Reader, out io.Writer, h *history) *plainReader {
	return &plainReader{in: bufio.NewReader(in), out: out, history: h}
}

func (r *plainReader) line(ctx context.Context, prompt string) (string, error) {
	_, _ = io.WriteString(r.out, prompt)
	text, err := r.typed(ctx)
	if errors.Is(err, errInterrupted) {
		_, _ = io.WriteString(r.out, "\n")
	}
	return text, err
}

func (r *plainReader) typed(ctx context.Context) (string, error) {
	if r.pending == nil {
		pending := make(chan readResult, 1)
		r.pending = pending
		go func() {
			text, err := r.in.ReadString('\n')
			// A last line without a newline counts; the next read returns the end.
			if text != "" {
				err = nil
			}
			pending <- readResult{strings.TrimSuffix(text, "\n"), err}
		}()
	}
	select {
	case result := <-r.pending:
		r.pending = nil
		return result.text, result.err
	case <-ctx.Done():
		return "", errInterrupted
	}
}

// password asks on the terminal without echo. Without a terminal it reads standard input,
// with a warning.
func (r *plainReader) password(ctx context.Context, prompt string) (string, error) {
	text, err := askPassword(ctx, prompt)
	if !errors.Is(err, errNoTerminal) {
		return text, err
	}
	fmt.Fprint(os.Stderr, "Warning: Password input may be echoed.\n"+prompt)
	return r.typed(ctx)
}

func (r *plainReader) close() { r.history.save() }

var (
	errNoTerminal = errors.New("no terminal")
	errNoPassword = errors.New("no password") // Ctrl-D in place of a password
)

// askPassword reads a line from the controlling terminal with echo off, and restores the
// terminal.
func askPassword(ctx context.Context, prompt string) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", errNoTerminal
	}
	defer tty.Close()
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", errNoTerminal
	}
	restore := func() { _ = term.Restore(fd, before) }
	guard.set(restore)
	defer guard.set(nil)
	defer restore()
	if err := noEcho(fd); err != nil {
		return "", errNoTerminal
	}
	fmt.Fprint(tty, prompt)
	done := make(chan readResult, 1)
	go func() {
		text, err := bufio.NewReader(tty).ReadString('\n')
		if text != "" { // a last line without a newline counts
			err = nil
		}
		done <- readResult{strings.TrimSuffix(text, "\n"), err}
	}()
	select {
	case result := <-done:
		if errors.Is(result.err, io.EOF) {
			return "", errNoPassword
		}
		fmt.Fprintln(tty)
		return result.text, result.err
	case <-ctx.Done():
		return "", errInterrupted
	}
}
