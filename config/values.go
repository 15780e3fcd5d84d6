package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"reeve/config/pytext"
	"reeve/supervisor/process"
)

// The types of values (facts 47-57). The error text of each parser is upstream's and
// becomes part of the message unchanged.

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "true", "on", "1":
		return true, nil
	case "no", "false", "off", "0":
		return false, nil
	}
	return false, fmt.Errorf("not a valid boolean value: %s", pytext.Repr(text))
}

// ParseInt reads what Python's int reads. A number out of range becomes the nearest one
// in range.
func ParseInt(text string) (int, error) {
	n, err := parseInt64(text)
	return int(n), err
}

func parseInt64(text string) (int64, error) {
	digits, ok := pytext.Integer(text)
	if !ok {
		return 0, fmt.Errorf("invalid literal for int() with base 10: %s", pytext.Repr(text))
	}
	n, _ := strconv.ParseInt(digits, 10, 64) // out of range, n is the nearest number
	return n, nil
}

// ParseBytes reads a size: an integer, optionally followed by KB, MB or GB in any case
// (fact 49).
func ParseBytes(text string) (int64, error) {
	text = strings.ToLower(text)
	for _, unit := range []struct {
		suffix string
		factor int64
	}{{"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30}} {
		if number, ok := strings.CutSuffix(text, unit.suffix); ok {
			n, err := parseInt64(number)
			if err != nil {
				return 0, err
			}
			return max(min(n, math.MaxInt64/unit.factor), math.MinInt64/unit.factor) * unit.factor, nil
		}
	}
	return parseInt64(text)
}

var pythonOctal = regexp.MustCompile(`^([+-]?)(?:0[oO]_?)?([0-7]+(?:_[0-7]+)*)$`)

// ParseOctal reads a file mode or umask: 022, 22 and 0o22 are the same (fact 50).
func ParseOctal(text string) (int, error) {
	m := pythonOctal.FindStringSubmatch(pytext.ASCIIDigits(strings.TrimFunc(text, pytext.IsSpace)))
	if m == nil {
		return 0, fmt.Errorf("%s can not be converted to an octal type", text)
	}
	n, err := strconv.ParseInt(m[1]+strings.ReplaceAll(m[2], "_", ""), 8, 32)
	if err != nil { // out of range for a mode
		return 0, fmt.Errorf("%s can not be converted to an octal type", text)
	}
	return int(n), nil
}

// logLevels are upstream's level names and numbers.
var logLevels = map[string]int{
	"critical": 50, "error": 40, "warn": 30, "info": 20, "debug": 10, "trace": 5, "blather": 3,
}

// ParseLogLevel reads the name of a level and returns upstream's number.
func ParseLogLevel(text string) (int, error) {
	n, ok := logLevels[strings.ToLower(text)]
	if !ok {
		return 0, fmt.Errorf("bad logging level name %s", pytext.Repr(text))
	}
	return n, nil
}

// ParseSignal reads a signal: its number, or its name with or without SIG (fact 51).
func ParseSignal(text string) (syscall.Signal, error) {
	trimmed := strings.ToUpper(strings.TrimFunc(text, pytext.IsSpace))
	if n, err := ParseInt(trimmed); err == nil {
		if !validSignal(n) {
			return 0, fmt.Errorf("value %s is not a valid signal number", pytext.Repr(text))
		}
		return syscall.Signal(n), nil
	}
	name := trimmed
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if n, ok := signalNames[name]; ok {
		return n, nil
	}
	return 0, fmt.Errorf("value %s is not a valid signal name", pytext.Repr(text))
}

// parseStop reads a signal, or several with the time to wait after each: TERM:10 INT:5 KILL.
// After the last one without a time, KILL follows after stopwaitsecs as ever.
func parseStop(text string) (process.StopSequence, error) {
	words := strings.Fields(text)
	if len(words) < 2 && !strings.Contains(text, ":") {
		sig, err := ParseSignal(text)
		return process.StopBy(sig), err
	}
	var all process.StopSequence
	var after time.Duration
	for i, word := range words {
		name, wait, timed := strings.Cut(word, ":")
		sig, err := ParseSignal(name)
		if err != nil {
			return nil, err
		}
		all = append(all, process.StopStep{After: after, Signal: sig})
		last := i == len(words)-1
		switch {
		case sig == syscall.SIGKILL && (!last || timed):
			return nil, fmt.Errorf("value %s is not valid: KILL can only be the last signal, and nothing comes after it", pytext.Repr(text))
		case !timed && !last:
			return nil, fmt.Errorf("value %s is not valid: after %s there is no time to wait, such as %s:10", pytext.Repr(text), word, word)
		case timed:
			if after, err = ParseDuration(wait); err != nil {
				return nil, fmt.Errorf("value %s is not valid: %w", pytext.Repr(text), err)
			}
		}
		if last && timed {
			all = append(all, process.StopStep{After: after, Signal: syscall.SIGKILL})
		}
	}
	return all, nil
}

// parseExitCodes reads a comma-separated list of exit codes from 0 to 255 (fact 52).
func parseExitCodes(text string) ([]int, error) {
	codes := []int{}
	if text == "" {
		return codes, nil
	}
	for word := range strings.SplitSeq(text, ",") {
		n, err := ParseInt(word)
		if err != nil || n < 0 || n > 255 {
			return nil, fmt.Errorf("not a valid list of exit codes: %s", pytext.Repr(text))
		}
		codes = append(codes, n)
	}
	return codes, nil
}

// parseList reads a comma-separated list of strings; an empty text is an empty list
// (fact 55).
func parseList(text string) []string {
	if text == "" {
		return nil
	}
	var words []string
	for word := range strings.SplitSeq(text, ",") {
		words = append(words, strings.TrimFunc(word, pytext.IsSpace))
	}
	return words
}

// parseName reads the name of a program, group or process and refuses those with
// forbidden characters (fact 56).
func parseName(text string) (string, error) {
	name := strings.TrimFunc(text, pytext.IsSpace)
	for _, r := range " :/" {
		if strings.ContainsRune(name, r) {
			return "", fmt.Errorf("Invalid name: %s because of character: '%c'", pytext.Repr(text), r)
		}
	}
	return name, nil
}

// pointer returns parse for an option whose absence means something.
func pointer[T any](parse func(string) (T, error)) func(string) (*T, error) {
	return func(text string) (*T, error) {
		v, err := parse(text)
		return &v, err
	}
}

// named returns parse with upstream's short error for the option of that name.
func named[T any](name string, parse func(string) (T, error)) func(string) (T, error) {
	return func(text string) (T, error) {
		v, err := parse(text)
		if err != nil {
			err = fmt.Errorf("Invalid %s value %s", name, text)
		}
		return v, err
	}
}
