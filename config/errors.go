package config

import (
	"errors"
	"fmt"
	"strings"
)

// Error describes a problem in a configuration. Its text is printed after "Error: ". It
// is upstream's where upstream has one, and quotes the offending text, which is
// acceptable for the caller of a program or method.
type Error struct {
	Text   string
	public string // see LogText; empty: same as Text
}

func (e *Error) Error() string { return e.Text }

// LogText returns the text of err for a log, which has more readers than the file. It
// says what is wrong and where, but repeats no lines of the file, format strings, values
// of environment=, passwords or values taken from environment variables.
func LogText(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.public != "" {
		return e.public
	}
	return err.Error()
}

// asError returns err as an *Error.
func asError(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Text: err.Error()}
}

// within appends the place where err occurred to its text.
func within(err error, format string, args ...any) error {
	where := fmt.Sprintf(format, args...)
	e := &Error{Text: err.Error() + where}
	if public := LogText(err); public != err.Error() {
		e.public = public + where
	}
	return e
}

// hide keeps the value of an option out of logs if it may be a secret.
func (s *section) hide(o *option, err error) error {
	if err == nil || !o.secret && (!strings.Contains(s.raw(o), "%(ENV_") || LogText(err) != err.Error()) {
		return err
	}
	return &Error{err.Error(), fmt.Sprintf("invalid value of %s.%s", s.name, o.key)}
}
