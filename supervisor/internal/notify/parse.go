package notify

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"reeve/supervisor/internal/check"
)

// longest is the size of the longest message, as with systemd.
const longest = 4096

// message is a datagram, decoded.
type message struct {
	check.Notice
	barrier bool
	store   bool   // FDSTORE or FDSTOREREMOVE
	problem string // the first field that can't be what it says; the others count
}

var (
	errTooLong = errors.New("it is longer than " + strconv.Itoa(longest) + " bytes")
	errNUL     = errors.New("it contains NUL")
)

// parse decodes a datagram: KEY=VALUE, separated by newlines. Unknown keys are ignored;
// of a key that comes twice the first counts.
func parse(data []byte) (m message, err error) {
	if len(data) > longest {
		return m, errTooLong
	}
	data = bytes.TrimSuffix(data, []byte{0})
	if bytes.IndexByte(data, 0) >= 0 {
		return m, errNUL
	}
	seen := 0
	for line := range strings.SplitSeq(string(data), "\n") {
		key, value, _ := strings.Cut(line, "=")
		for i, f := range fields {
			if f.key != key || seen&(1<<i) != 0 {
				continue
			}
			seen |= 1 << i
			if !f.read(&m, value) && m.problem == "" {
				m.problem = strconv.QuoteToASCII(line[:min(len(line), 80)])
			}
		}
	}
	return m, nil
}

// fields are the keys that mean something. read returns false for a value that the key
// can't have.
var fields = []struct {
	key  string
	read func(m *message, value string) bool
}{
	{"READY", func(m *message, v string) bool { return one(v, &m.Ready) }},
	{"STOPPING", func(m *message, v string) bool { return one(v, &m.Stopping) }},
	{"RELOADING", func(m *message, v string) bool { return one(v, &m.Reloading) }},
	{"BARRIER", func(m *message, v string) bool { return one(v, &m.barrier) }},
	{"FDSTORE", func(m *message, v string) bool { return one(v, &m.store) }},
	{"FDSTOREREMOVE", func(m *message, v string) bool { return one(v, &m.store) }},
	{"MONOTONIC_USEC", func(m *message, v string) bool { return micros(v, &m.Monotonic) }},
	{"EXTEND_TIMEOUT_USEC", func(m *message, v string) bool { return micros(v, &m.Extend) }},
	{"WATCHDOG_USEC", func(m *message, v string) bool {
		var d time.Duration
		ok := micros(v, &d)
		if ok {
			m.Period = &d
		}
		return ok
	}},
	{"WATCHDOG", func(m *message, v string) bool {
		m.Trigger = v == "trigger"
		return m.Trigger || one(v, &m.Alive)
	}},
	{"MAINPID", func(m *message, v string) bool {
		n, ok := number(v, math.MaxInt32)
		if ok = ok && n > 0; ok {
			m.MainPid = int(n)
		}
		return ok
	}},
	{"ERRNO", func(m *message, v string) bool {
		n, ok := number(v, 4095)
		if ok {
			m.Errno = new(int(n))
		}
		return ok
	}},
	{"STATUS", func(m *message, v string) bool {
		v, ok := printable(v)
		if ok {
			m.Status = &v
		}
		return ok
	}},
}

func one(value string, into *bool) bool {
	*into = value == "1"
	return *into
}

// number reads a decimal number without sign.
func number(text string, most uint64) (uint64, bool) {
	if text == "" || text[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil && n <= most
}

// longestSpan is what a longer span of time counts as, so that sums can't overflow.
const longestSpan = 365 * 24 * time.Hour

func micros(text string, into *time.Duration) bool {
	n, ok := number(text, math.MaxUint64-1)
	if ok {
		*into = time.Duration(min(n, uint64(longestSpan/time.Microsecond))) * time.Microsecond
	}
	return ok
}

// longestStatus is how many bytes of a status are kept.
const longestStatus = 1024

// printable makes a text fit to be shown on a terminal.
func printable(text string) (string, bool) {
	if !utf8.ValidString(text) {
		return "", false
	}
	for len(text) > longestStatus {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text), true
}
