package main

import (
	"context"
)

// suggestVerb hints at the action that was probably meant.
func (c *ctl) suggestVerb(name string) {
	if c.out.hints {
		c.suggest(name, c.verbNames())
	}
}

// suggestProcess hints at the process that was probably meant.
func (c *ctl) suggestProcess(ctx context.Context, name string) {
	if !c.out.hints {
		return
	}
	infos, err := c.rpc.AllProcessInfo(ctx)
	if err != nil {
		return
	}
	var names []string
	for _, info := range infos {
		names = append(names, displayName(info.Group, info.Name))
		// A group's name alone never means its processes.
		if info.Group == name && info.Name != name {
			c.out.hintf("hint: %s is a group, its processes are %s:*", name, name)
			return
		}
		if info.Name == name && info.Group != name {
			c.out.hintf("hint: did you mean %s?", displayName(info.Group, info.Name))
			return
		}
	}
	c.suggest(name, names)
}

// suggestGroup hints at the group that was probably meant.
func (c *ctl) suggestGroup(ctx context.Context, name string) {
	if !c.out.hints {
		return
	}
	if groups, err := c.activeGroups(ctx); err == nil {
		c.suggest(name, groups)
	}
}

func (c *ctl) suggest(typed string, names []string) {
	best, least := "", len(typed)/3+2
	for _, name := range names {
		if d := distance(typed, name); d < least {
			best, least = name, d
		}
	}
	if best != "" {
		c.out.hintf("hint: did you mean %s?", best)
	}
}

// distance returns the number of characters to insert, delete, replace or swap to turn a
// into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	older, before := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range before {
		before[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(before[j]+1, row[j-1]+1, before[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, before = before, row
	}
	return before[len(y)]
}
