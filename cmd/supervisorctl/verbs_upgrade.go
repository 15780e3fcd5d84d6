package main

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// upgrade has the daemon replace itself by another program, which goes on with all
// processes.
func upgrade(ctx context.Context, c *ctl, arg string) error {
	rest, asJSON := takeFlag(strings.Fields(arg), "--json")
	if len(rest) > 1 {
		return c.usage("upgrade", "Error: upgrade accepts one program at most", exitInvalidArgs)
	}
	program := ""
	if len(rest) == 1 {
		var err error
		if program, err = filepath.Abs(rest[0]); err != nil {
			return err
		}
	}
	u, err := c.rpc.Upgrade(ctx, program)
	if fault, ok := errors.AsType[*client.Fault](err); ok && fault.Code == api.Failed {
		c.out.failf("ERROR: %s", strings.TrimPrefix(fault.Text, "FAILED: "))
		c.exit = exitGeneric
		return nil
	}
	if err != nil {
		return c.lacks("upgrade", err)
	}
	if asJSON {
		text, err := json.Marshal(u)
		if err == nil {
			c.out.line(string(text))
		}
		return err
	}
	c.out.linef("upgraded from version %s to %s: %d processes went on, nothing was served for %s",
		u.From, u.To, u.Processes, duration(u.Pause).Round(100*time.Microsecond))
	return nil
}
