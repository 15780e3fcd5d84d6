package supervisor

import (
	"errors"
	"slices"
)

// savedError is an outcome: the index in outcomes plus one (0 for none), or a text.
type savedError struct {
	Known   int
	Command *CommandError `json:",omitempty"`
	Text    string        `json:",omitempty"`
}

var outcomes = []error{ErrNoSuchProcess, ErrAlreadyStarted, ErrNotRunning, ErrSpawn, ErrAbnormalTermination, ErrUnknownState}

func saveError(err error) savedError {
	var command *CommandError
	switch {
	case err == nil:
		return savedError{}
	case errors.As(err, &command):
		return savedError{Command: command}
	}
	if i := slices.Index(outcomes, err); i >= 0 {
		return savedError{Known: i + 1}
	}
	return savedError{Text: err.Error()}
}

func (s savedError) restore() error {
	switch {
	case s.Command != nil:
		return s.Command
	case s.Known > 0:
		return outcomes[s.Known-1]
	case s.Text != "":
		return &FailedError{s.Text}
	}
	return nil
}
