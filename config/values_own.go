package config

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"reeve/supervisor/process"
)

// The types of values of our own keys. Their parsers refuse a value by a refusal, which
// says what is accepted. For booleans, sizes and signals there are upstream's types.

// words is an enumeration: each word and what it means. Case does not matter.
type words[T any] []struct {
	word  string
	means T
}

func (w words[T]) parse(text string) (T, error) {
	for _, c := range w {
		if strings.EqualFold(c.word, text) {
			return c.means, nil
		}
	}
	all := make([]string, len(w))
	for i, c := range w {
		all[i] = c.word
	}
	last := len(all) - 1
	rule := "not " + strings.Join(all[:last], ", ") + " or " + all[last]
	if last == 1 {
		rule = "neither " + all[0] + " nor " + all[1]
	}
	var zero T
	return zero, refusal{text, rule}
}

// listOf returns a parser of lists of what parse reads, separated by commas.
func listOf[T any](parse func(string) (T, error)) func(string) ([]T, error) {
	return func(text string) ([]T, error) {
		var list []T
		for _, word := range parseList(text) {
			v, err := parse(word)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	}
}

// between returns a parser of what parse reads within bounds.
func between[T cmp.Ordered](what string, parse func(string) (T, error), least, most T) func(string) (T, error) {
	return func(text string) (T, error) {
		v, err := parse(text)
		if err != nil || !(v >= least && v <= most) {
			err = refusal{text, fmt.Sprintf("not %s from %v to %v", what, least, most)}
		}
		return v, err
	}
}

// parseDecimal reads 2 or 0.5.
func parseDecimal(text string) (float64, error) { return strconv.ParseFloat(text, 64) }

var durationText = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(ms|s|m|h)?$`)

// ParseDuration reads a duration on a command line as one in a configuration is read.
func ParseDuration(text string) (time.Duration, error) { return parseDuration(text) }

// parseDuration reads 500ms, 10s, 5m or 2h. A bare number is seconds.
func parseDuration(text string) (time.Duration, error) {
	number := strings.ToLower(text)
	m := durationText.FindStringSubmatch(number)
	if m != nil && m[2] == "" {
		number += "s"
	}
	d, err := time.ParseDuration(number)
	if m == nil || err != nil { // out of range
		return 0, refusal{text, "not a duration such as 500ms, 10s, 5m or 2h"}
	}
	return d, nil
}

// parseStartLimit reads 5/60s: at most so many starts within that time.
func parseStartLimit(text string) (process.StartLimit, error) {
	count, span, _ := strings.Cut(text, "/")
	n, err := ParseInt(count)
	d, err2 := parseDuration(span)
	if err != nil || err2 != nil || n < 1 || d <= 0 {
		return process.StartLimit{}, refusal{text, "not a number and a duration such as 5/60s"}
	}
	return process.StartLimit{Starts: n, Within: d}, nil
}
