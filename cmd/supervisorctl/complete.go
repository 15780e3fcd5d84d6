package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"reeve/rpc/client"
)

// wordBreaks are the characters that end a word for Tab: readline's, but for `:`, `*` and `-`, which names have.
const wordBreaks = " \t\n`~!@#$%^&()=+[{]}\\|;'\",<>/?"

// completeWord is Tab in the shell: it takes a line and the cursor (in characters) and returns what is before the word, the
// words it could be, and what is after it. Completed words end in a blank.
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

// candidates are all words that could stand at the end of line, of which word is what has been typed (checklist 290).
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

// completionInfo asks for the processes once per line. A daemon that does not answer completes to nothing.
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
