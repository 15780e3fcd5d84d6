package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// The types of values (checklist 47-57). Each parser's error text is upstream's and goes into the message as it is.

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "true", "on", "1":
		return true, nil
	case "no", "false", "off", "0":
		return false, nil
	}
	return false, fmt.Errorf("not a valid boolean value: %s", Quote(text))
}

var pythonInt = regexp.MustCompile(`^[+-]?[0-9]+(_[0-9]+)*$`)

// ParseInt reads what Python's int reads: blanks around, a sign, underscores between
// digits, the decimal digits of any script. What does not fit is the nearest number that
// does.
func ParseInt(text string) (int, error) {
	n, err := parseInt64(text)
	return int(n), err
}

func parseInt64(text string) (int64, error) {
	trimmed := asciiDigits(strings.TrimFunc(text, isSpace))
	if !pythonInt.MatchString(trimmed) {
		return 0, fmt.Errorf("invalid literal for int() with base 10: %s", Quote(text))
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(trimmed, "_", ""), 10, 64)
	if err != nil && !strings.HasPrefix(trimmed, "-") {
		return math.MaxInt64, nil
	}
	if err != nil {
		return math.MinInt64, nil
	}
	return n, nil
}

// asciiDigits replaces the decimal digits of other scripts, as Python does. Unicode has
// those of a script in a row.
func asciiDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf || !unicode.Is(unicode.Nd, r) {
			return r
		}
		for _, block := range unicode.Nd.R16 {
			if r >= rune(block.Lo) && r <= rune(block.Hi) {
				return '0' + (r-rune(block.Lo))%10
			}
		}
		for _, block := range unicode.Nd.R32 {
			if r >= rune(block.Lo) && r <= rune(block.Hi) {
				return '0' + (r-rune(block.Lo))%10
			}
		}
		return r
	}, text)
}

// ParseBytes reads a size: an integer, then KB, MB or GB if wanted, in any case (checklist 49).
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

// ParseOctal reads a file mode or umask: 022, 22 and 0o22 are the same (checklist 50).
func ParseOctal(text string) (int, error) {
	m := pythonOctal.FindStringSubmatch(asciiDigits(strings.TrimFunc(text, isSpace)))
	if m == nil {
		return 0, fmt.Errorf("%s can not be converted to an octal type", text)
	}
	n, err := strconv.ParseInt(m[1]+strings.ReplaceAll(m[2], "_", ""), 8, 32)
	if err != nil { // a number that no mode can be
		return 0, fmt.Errorf("%s can not be converted to an octal type", text)
	}
	return int(n), nil
}

// logLevels are the names of upstream's levels.
var logLevels = map[string]int{
	"critical": 50, "error": 40, "warn": 30, "info": 20, "debug": 10, "trace": 5, "blather": 3,
}

// ParseLogLevel reads a level's name; the result is upstream's number.
func ParseLogLevel(text string) (int, error) {
	n, ok := logLevels[strings.ToLower(text)]
	if !ok {
		return 0, fmt.Errorf("bad logging level name %s", Quote(text))
	}
	return n, nil
}

// ParseSignal reads a signal: its number, or its name with or without SIG (checklist 51).
func ParseSignal(text string) (syscall.Signal, error) {
	trimmed := asciiDigits(strings.ToUpper(strings.TrimFunc(text, isSpace)))
	if pythonInt.MatchString(trimmed) {
		n, _ := ParseInt(trimmed)
		if !validSignal(n) {
			return 0, fmt.Errorf("value %s is not a valid signal number", Quote(text))
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
	return 0, fmt.Errorf("value %s is not a valid signal name", Quote(text))
}

// parseExitCodes reads a comma-separated list of 0 to 255 (checklist 52).
func parseExitCodes(text string) ([]int, error) {
	codes := []int{}
	if text == "" {
		return codes, nil
	}
	for word := range strings.SplitSeq(text, ",") {
		n, err := ParseInt(word)
		if err != nil || n < 0 || n > 255 {
			return nil, fmt.Errorf("not a valid list of exit codes: %s", Quote(text))
		}
		codes = append(codes, n)
	}
	return codes, nil
}

// parseList reads strings between commas; nothing is an empty list (checklist 55).
func parseList(text string) []string {
	if text == "" {
		return nil
	}
	var words []string
	for word := range strings.SplitSeq(text, ",") {
		words = append(words, strings.TrimFunc(word, isSpace))
	}
	return words
}

// parseName reads the name of a program, group or process (checklist 56).
func parseName(text string) (string, error) {
	name := strings.TrimFunc(text, isSpace)
	for _, r := range " :/" {
		if strings.ContainsRune(name, r) {
			return "", fmt.Errorf("Invalid name: %s because of character: '%c'", Quote(text), r)
		}
	}
	return name, nil
}
