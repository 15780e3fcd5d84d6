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

// lineReader is where the shell, its questions and fg get their lines from. All return io.EOF at the end of input and
// errInterrupted when ctx ends or Ctrl-C is typed.
type lineReader interface {
	line(ctx context.Context, prompt string) (string, error) // without its newline; after Ctrl-C the cursor is on a new line
	typed(ctx context.Context) (string, error)               // a line for a process: no prompt, no completion, no history
	password(ctx context.Context, prompt string) (string, error)
	close() // saves the history, if there is one
}

// plainReader reads standard input as it comes, for input that is not a terminal or that cannot be edited on. The prompt is
// printed all the same (checklist 286).
type plainReader struct {
	in      *bufio.Reader
	out     io.Writer
	history *history
	pending chan readResult // a read that outlived its caller; the next caller gets its line
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
			if text != "" { // a last line without its newline counts; the end comes with the next read
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

// password asks on the terminal without echo. Where there is no terminal it reads standard input, and says so.
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
	errNoPassword = errors.New("no password") // Ctrl-D instead of one
)

// askPassword reads a line from the controlling terminal with the echo off, and gives the terminal back as it was.
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
		if text != "" { // a last line without its newline counts
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
