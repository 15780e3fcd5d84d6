package main

import (
	"context"
	"errors"
	"io"
)

// shell reads and runs lines until the user leaves: first `status`, then what is typed
// (facts 286-292). The exit statuses of the actions do not matter here.
func (c *ctl) shell() {
	ctx, release := c.interruptible(context.Background())
	defer release()
	defer c.input.close()
	for line := "status"; ; {
		if c.command(ctx, line) || c.out.broken() {
			break
		}
		var err error
		line, err = c.input.line(ctx, c.set.prompt+"> ")
		switch {
		case errors.Is(err, io.EOF):
			line = "EOF"
		case err != nil: // Ctrl-C; the reader has ended its line
			return
		}
	}
	if ctx.Err() != nil {
		c.out.line("")
	}
}
