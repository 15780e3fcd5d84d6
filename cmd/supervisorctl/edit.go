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

// editReader edits lines on a terminal: keys, kill ring, search and candidate lists as GNU readline has them. The terminal is
// in the editor's mode only while a line is being typed, so that Ctrl-C reaches a running action as a signal.
type editReader struct {
	state    *liner.State
	keyboard *keyboard       // where the editor reads, unless it is standard input itself
	plain    *plainScreen    // where it writes to if the terminal is dumb
	pending  chan readResult // a read that could not be called off; the next caller gets its line
	history  *history
	complete liner.WordCompleter
	ours     liner.ModeApplier // the terminal as we found it
	editing  liner.ModeApplier
}

// canEdit says whether lines can be edited here: on a terminal that knows how wide it is.
func canEdit() bool {
	if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())) {
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
	r := &editReader{keyboard: openKeyboard(), history: h, complete: complete, ours: ours}
	if err := r.makeEditor(); err != nil {
		return nil, err
	}
	// The editor makes keys of signals only after the prompt is shown, and somebody may
	// be faster.
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

// makeEditor makes the editor. It reads what has the name os.Stdin when it is made,
// writes to what has the name os.Stdout, and goes by TERM.
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

// calledOff is how long is waited for an editor whose read was called off: it may be asking the daemon what fits.
const calledOff = 200 * time.Millisecond

func (r *editReader) prompt(ctx context.Context, prompt string, complete liner.WordCompleter) (string, error) {
	prompt = strings.Map(func(c rune) rune { // the editor refuses what it cannot measure
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
	case <-ctx.Done(): // a signal, not a key: the editor still reads, and would take what is typed next
		if r.keyboard == nil {
			return "", errInterrupted
		}
		_ = r.keyboard.keys.SetReadDeadline(time.Unix(1, 0))
		defer func() { _ = r.keyboard.keys.SetReadDeadline(time.Time{}) }()
		select {
		case result := <-r.pending:
			r.pending = nil
			if result.err == nil { // it was just ended
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
