package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/peterh/liner"
	"golang.org/x/term"
)

// editReader edits lines on a terminal: keys, kill ring, search and candidate lists as GNU readline has them. The terminal is
// in the editor's mode only while a line is being typed, so that Ctrl-C reaches a running action as a signal.
type editReader struct {
	state    *liner.State
	history  *history
	complete liner.WordCompleter
	ours     liner.ModeApplier // the terminal as we found it
	editing  liner.ModeApplier
}

// canEdit says whether lines can be edited here: on a terminal that knows how to move the cursor and how wide it is.
func canEdit() bool {
	if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())) || !liner.TerminalSupported() {
		return false
	}
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	return err == nil && width >= 20
}

// newEditReader takes over the terminal. close gives it back.
func newEditReader(h *history, complete liner.WordCompleter) (*editReader, error) {
	ours, err := liner.TerminalMode()
	if err != nil {
		return nil, err
	}
	r := &editReader{state: liner.NewLiner(), history: h, complete: complete, ours: ours}
	if r.editing, err = liner.TerminalMode(); err != nil {
		return nil, err
	}
	r.state.SetCtrlCAborts(true)
	r.state.SetTabCompletionStyle(liner.TabPrints)
	for _, line := range h.lines {
		if utf8.ValidString(line) {
			r.state.AppendHistory(line)
		}
	}
	return r, ours.ApplyMode()
}

func (r *editReader) line(ctx context.Context, prompt string) (string, error) {
	r.state.SetWordCompleter(r.complete)
	text, err := r.prompt(ctx, prompt)
	if err == nil && r.history.add(text) {
		r.state.AppendHistory(text)
	}
	return text, err
}

func (r *editReader) typed(ctx context.Context) (string, error) {
	r.state.SetWordCompleter(nil)
	return r.prompt(ctx, "")
}

func (r *editReader) prompt(ctx context.Context, prompt string) (string, error) {
	prompt = strings.Map(func(c rune) rune { // the editor refuses what it cannot measure
		if unicode.Is(unicode.C, c) {
			return -1
		}
		return c
	}, prompt)
	if err := r.editing.ApplyMode(); err != nil {
		return "", err
	}
	done := make(chan readResult, 1)
	go func() {
		text, err := r.state.Prompt(prompt)
		done <- readResult{text, err}
	}()
	var result readResult
	select {
	case result = <-done:
	case <-ctx.Done(): // a signal from elsewhere; the program is about to end, so the reading goroutine does not matter
		result.err = errInterrupted
	}
	_ = r.ours.ApplyMode()
	if errors.Is(result.err, liner.ErrPromptAborted) {
		result.err = errInterrupted
	}
	return result.text, result.err
}

func (r *editReader) password(ctx context.Context, prompt string) (string, error) {
	return askPassword(ctx, prompt)
}

func (r *editReader) close() {
	_ = r.state.Close()
	r.history.save()
}
