package main

import (
	"context"
	"strings"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

func quit(_ context.Context, c *ctl, _ string) error {
	c.out.line("")
	return errQuit
}

// shutdown ends the daemon. One that is already shutting down counts as success.
func shutdown(ctx context.Context, c *ctl, arg string) error {
	if arg != "" {
		return c.usage("shutdown", "Error: shutdown accepts no arguments", exitGeneric)
	}
	if ok, err := c.confirm(ctx, "Really shut the remote supervisord process down y/N? "); !ok {
		return err
	}
	err := c.rpc.Shutdown(ctx)
	switch {
	case err == nil:
		c.out.line("Shut down")
		return nil
	case client.FaultCode(err) == api.ShutdownState:
		c.out.fail("ERROR: already shutting down")
		return nil
	case transportKind(err) == client.Refused:
		c.out.failf("ERROR: %s refused connection (already shut down?)", c.set.serverURL)
	case transportKind(err) == client.NoSuchFile:
		c.out.failf("ERROR: %s no such file (already shut down?)", c.set.serverURL)
	default:
		return err
	}
	c.exit = exitGeneric
	return nil
}

// reload restarts the daemon; it does not wait until it is up again.
func reload(ctx context.Context, c *ctl, arg string) error {
	if arg != "" {
		return c.usage("reload", "Error: reload accepts no arguments", exitGeneric)
	}
	if ok, err := c.confirm(ctx, "Really restart the remote supervisord process y/N? "); !ok {
		return err
	}
	err := c.rpc.Restart(ctx)
	if client.FaultCode(err) == api.ShutdownState {
		c.exit = exitGeneric
		c.out.fail("ERROR: already shutting down")
		return nil
	}
	if err != nil {
		return err
	}
	c.out.line("Restarted supervisord")
	return nil
}

// open switches to another daemon and shows its status, without the effect of `status` on
// the exit status.
func open(ctx context.Context, c *ctl, arg string) error {
	scheme, _, _ := strings.Cut(arg, ":")
	if scheme = strings.ToLower(scheme); scheme == arg || scheme != "unix" && scheme != "http" {
		c.out.fail("ERROR: url must be http:// or unix://")
		c.exit = exitGeneric
		return nil
	}
	before := c.exit
	c.set.serverURL = arg
	if err := c.connect(); err != nil {
		return err
	}
	err := status(ctx, c, "")
	if err == nil || err == errHandled {
		c.exit = before
	}
	return err
}
