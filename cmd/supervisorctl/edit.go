package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/peterh/liner"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// editReader edits lines on a terminal, with the keys, kill ring, search and candidate
// lists of GNU readline. The terminal is in the editor's mode only while a line is being
// typed, so that Ctrl-C reaches a running action as a signal.
type editReader struct {
	state    *liner.State
	keyboard *keyboard    // where the editor reads; nil: standard input itself
	plain    *plainScreen // where it writes if the terminal is dumb
	// pending is a read that could not be cancelled; the next caller gets its line.
	pending  chan readResult
	history  *history
	complete liner.WordCompleter
	ours     liner.ModeApplier // the terminal mode at the start
	editing  liner.ModeApplier
}

// canEdit reports whether lines can be edited: on a terminal whose width is known and is
// at least 20 columns.
func canEdit() bool {
	if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())) {
		return false
	}
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	return err == nil && width >= 20
}

// newEditReader takes over the terminal; close restores it.
func newEditReader(h *history, complete liner.WordCompleter) (*editReader, error) {
	ours, err := liner.TerminalMode()
	if err != nil {
		return nil, err
	}
	r := &editReader{keyboard: openKeyboard(), history: h, complete: complete, ours: ours}
	if err := r.makeEditor(); err != nil {
		return nil, err
	}
	// The editor turns off signal keys only after the prompt is shown, and a user may be
	// faster.
	if err := changeMode(0, func(t *unix.Termios) { t.Lflag &^= unix.ISIG }); err != nil {
		_ = r.state.Close()
		return nil, err
	}
	if r.editing, err = liner.TerminalMode(); err != nil {
		_ = r.state.Close()
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

// makeEditor creates the editor. At creation it takes its input from os.Stdin and its
// output from os.Stdout, and depends on TERM, so these are replaced meanwhile.
func (r *editReader) makeEditor() error {
	if !liner.TerminalSupported() {
		plain, err := beginPlainScreen(os.Stdout)
		if err != nil {
			return err
		}
		r.plain, os.Stdout = plain, plain.pipe
		terminal, given := os.LookupEnv("TERM")
		_ = os.Setenv("TERM", "vt100")
		defer func() {
			if _ = os.Unsetenv("TERM"); given {
				_ = os.Setenv("TERM", terminal)
			}
		}()
	}
	if r.keyboard != nil {
		defer func(stdin *os.File) { os.Stdin = stdin }(os.Stdin)
		os.Stdin = r.keyboard.keys
		r.keyboard.suspend = r.suspend
	}
	r.state = liner.NewLiner()
	return nil
}

func (r *editReader) line(ctx context.Context, prompt string) (string, error) {
	text, err := r.prompt(ctx, prompt, r.complete)
	if err == nil && r.history.add(text) {
		r.state.AppendHistory(text)
	}
	return text, err
}

func (r *editReader) typed(ctx context.Context) (string, error) {
	return r.prompt(ctx, "", nil)
}

// calledOff is how long to wait for an editor whose read was cancelled: it may be asking
// the daemon for candidates.
const calledOff = 200 * time.Millisecond

func (r *editReader) prompt(ctx context.Context, prompt string, complete liner.WordCompleter) (string, error) {
	prompt = strings.Map(func(c rune) rune { // the editor cannot measure these
		if unicode.Is(unicode.C, c) {
			return -1
		}
		return c
	}, prompt)
	if ctx.Err() != nil {
		return "", errInterrupted
	}
	restore := func() { _ = r.ours.ApplyMode() }
	guard.set(restore)
	defer guard.set(nil)
	defer restore()
	if err := r.editing.ApplyMode(); err != nil {
		return "", err
	}
	if r.plain != nil {
		defer r.plain.flush()
	}
	if r.keyboard != nil {
		defer r.keyboard.listen()()
	}
	if r.pending == nil {
		r.state.SetWordCompleter(complete)
		pending := make(chan readResult, 1)
		r.pending = pending
		go func() {
			text, err := r.state.Prompt(prompt)
			pending <- readResult{text, err}
		}()
	}
	select {
	case result := <-r.pending:
		r.pending = nil
		if errors.Is(result.err, liner.ErrPromptAborted) {
			result.err = errInterrupted
		}
		return result.text, result.err
	// A signal, not a key: the editor is still reading and would take what is typed next.
	case <-ctx.Done():
		if r.keyboard == nil {
			return "", errInterrupted
		}
		_ = r.keyboard.keys.SetReadDeadline(time.Unix(1, 0))
		defer func() { _ = r.keyboard.keys.SetReadDeadline(time.Time{}) }()
		select {
		case result := <-r.pending:
			r.pending = nil
			if result.err == nil { // the line was just completed
				return result.text, nil
			}
		case <-time.After(calledOff):
		}
		return "", errInterrupted
	}
}

func (r *editReader) password(ctx context.Context, prompt string) (string, error) {
	return askPassword(ctx, prompt)
}

func (r *editReader) close() {
	_ = r.state.Close()
	if r.plain != nil {
		r.plain.end()
	}
	if r.keyboard != nil {
		r.keyboard.close()
	}
	r.history.save()
}
