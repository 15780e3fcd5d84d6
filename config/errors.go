package config

import (
	"errors"
	"fmt"
	"strings"
)

// Error says what is wrong with a configuration. Its text goes behind "Error: ". It is
// upstream's where upstream has one, and quotes what it complains about; the caller of a
// program or method may see that.
type Error struct {
	Text   string
	public string // see LogText; empty: Text will do
}

func (e *Error) Error() string { return e.Text }

// LogText is the text of err for a log, which more people read than the file: it says
// what is wrong where, but repeats neither lines of the file, nor format strings, nor
// values of environment=, passwords and what holds environment variables.
func LogText(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.public != "" {
		return e.public
	}
	return err.Error()
}

// asError makes sure that whatever is wrong is an *Error.
func asError(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Text: err.Error()}
}

// within says where err occurred, behind it.
func within(err error, format string, args ...any) error {
	where := fmt.Sprintf(format, args...)
	e := &Error{Text: err.Error() + where}
	if public := LogText(err); public != err.Error() {
		e.public = public + where
	}
	return e
}

// hide keeps the value of a key out of logs if it may be a secret.
func (s *section) hide(err error, key string) error {
	if err == nil {
		return nil
	}
	raw, _ := s.raw(key, "")
	secret := key == "environment" || key == "password"
	if !secret && (!strings.Contains(raw, "%(ENV_") || LogText(err) != err.Error()) {
		return err
	}
	return &Error{err.Error(), fmt.Sprintf("invalid value of %s.%s", s.name, key)}
}
