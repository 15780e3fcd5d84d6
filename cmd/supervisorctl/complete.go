package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"reeve/rpc/client"
)

// wordBreaks are the characters that end a word for Tab: readline's, except `:`, `*` and
// `-`, which occur in names.
const wordBreaks = " \t\n`~!@#$%^&()=+[{]}\\|;'\",<>/?"

// completeWord completes a word in the shell. It takes a line and the cursor (in
// characters) and returns the text before the word, the possible words, and the text
// after it. Completed words end in a space.
func (c *ctl) completeWord(line string, cursor int) (head string, words []string, tail string) {
	runes := []rune(line)
	before, tail := string(runes[:cursor]), string(runes[cursor:])
	start := strings.LastIndexAny(before, wordBreaks) + 1
	head, word := before[:start], before[start:]
	for _, candidate := range c.candidates(before, word) {
		if strings.HasPrefix(candidate, word) {
			words = append(words, candidate+" ")
		}
	}
	slices.Sort(words)
	return head, slices.Compact(words), tail
}

// candidates returns all words that may follow in line, of which word is the part typed
// last (fact 290).
func (c *ctl) candidates(line, word string) []string {
	fields := strings.Fields(line)
	if len(fields) == 0 || len(fields) == 1 && strings.HasSuffix(line, fields[0]) {
		return c.verbNames()
	}
	v := c.findVerb(fields[0])
	if v == nil {
		return nil
	}
	var names []string
	switch v.complete {
	case actions:
		return c.verbNames()
	case groups:
		for _, info := range c.completionInfo() {
			names = append(names, info.Group)
		}
	case processes:
		for _, info := range c.completionInfo() {
			if strings.Contains(word, ":") || info.Name != info.Group {
				names = append(names, info.Group+":"+info.Name, info.Group+":*")
			} else {
				names = append(names, info.Name)
			}
		}
	}
	return names
}

// completionLimit bounds how long Tab waits for a daemon that hangs.
const completionLimit = 5 * time.Second

// completionInfo asks for the processes once per line. Without an answer from the daemon
// there are no candidates.
func (c *ctl) completionInfo() []client.ProcessInfo {
	if c.infos == nil {
		if c.rpc == nil && c.connect() != nil {
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), completionLimit)
		defer cancel()
		c.infos, _ = c.rpc.AllProcessInfo(ctx)
	}
	return c.infos
}
