package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// ctl runs actions against one daemon. It is used by one goroutine; only cancel is also
// used by the one that receives SIGINT.
type ctl struct {
	set   *settings
	out   *output
	input lineReader
	rpc   *client.Client
	exit  int // exit status of the program, unless the shell was used

	infos  []client.ProcessInfo // for completion; cleared at each command
	cancel atomic.Pointer[context.CancelFunc]
	sigint chan os.Signal
}

var (
	errQuit        = errors.New("quit")        // the shell is to end
	errInterrupted = errors.New("interrupted") // Ctrl-C at a prompt
)

// connect replaces the client by one for the current URL and credentials.
func (c *ctl) connect() error {
	var creds *client.Credentials
	// Upstream sends credentials only if both are set (fact 264).
	if c.set.username != nil && c.set.password != nil {
		creds = &client.Credentials{Username: *c.set.username, Password: *c.set.password}
	}
	rpc, err := client.New(c.set.serverURL, creds)
	if err != nil {
		return err
	}
	if c.rpc != nil {
		c.rpc.Close()
	}
	c.rpc = rpc
	return nil
}

// command runs one line and reports whether the shell is to end. Errors are printed and
// set the exit status. If the daemon requires authentication, an interactive user is
// asked for it and the line is run again.
func (c *ctl) command(ctx context.Context, line string) (quit bool) {
	name, arg, line := splitLine(line)
	if line == "" {
		return false
	}
	c.infos = nil
	v := c.findVerb(name)
	if v == nil {
		c.out.failf("*** Unknown syntax: %s", line)
		c.exit = exitGeneric
		c.suggestVerb(name)
		return false
	}
	for {
		err := c.run(ctx, v, arg)
		switch {
		case err == nil, errors.Is(err, errHandled):
			return false
		case errors.Is(err, errQuit), errors.Is(err, errInterrupted), ctx.Err() != nil:
			return true
		case !isUnauthorized(err):
			c.out.fail(errorLine(err))
			c.exit = exitGeneric
			return false
		}
		c.out.fail("Server requires authentication")
		if !c.set.interactive {
			c.exit = exitGeneric
			return false
		}
		if err := c.login(ctx); err != nil {
			if errors.Is(err, errInterrupted) {
				return true
			}
			c.out.fail(errorLine(err))
			c.exit = exitGeneric
			return false
		}
	}
}

// run connects if needed, checks that the daemon answers if the action requires that, and
// runs the action.
func (c *ctl) run(ctx context.Context, v *verb, arg string) error {
	if c.rpc == nil && v.talks {
		if err := c.connect(); err != nil {
			return err
		}
	}
	if c.rpc != nil {
		// Each command has a new connection: by the next one the daemon may be another.
		defer c.rpc.Close()
	}
	if v.check {
		if err := c.reachable(ctx); err != nil {
			return err
		}
	}
	return v.run(ctx, c, arg)
}

// splitLine splits a line as upstream's shell does (fact 260): the verb is the leading
// letters, digits and underscores, the rest is its argument, and `?x` means `help x`.
func splitLine(line string) (verb, arg, whole string) {
	line = strings.TrimSpace(line)
	if rest, ok := strings.CutPrefix(line, "?"); ok {
		line = "help " + rest
	}
	end := strings.IndexFunc(line, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if end < 0 {
		end = len(line)
	}
	return line[:end], strings.TrimSpace(line[end:]), line
}

// apiVersion is the version of the daemon's API that we use.
const apiVersion = "3.0"

// errHandled ends an action that has printed the error and set the exit status.
var errHandled = errors.New("handled")

// reachable is the check that most actions begin with (fact 8B: supervisorctl without a
// server). It returns errHandled if it has printed the error.
func (c *ctl) reachable(ctx context.Context) error {
	version, err := c.rpc.APIVersion(ctx)
	if err == nil {
		if version == apiVersion {
			return nil
		}
		c.out.failf("Sorry, this version of supervisorctl expects to talk to a server with API version %s, "+
			"but the remote version is %s.", apiVersion, version)
		c.exit = exitNotInstalled
		return errHandled
	}
	if client.FaultCode(err) == api.UnknownMethod {
		c.out.fail("Sorry, supervisord responded but did not recognize the supervisor namespace commands that supervisorctl " +
			"uses to control it.  Please check that the [rpcinterface:supervisor] section is enabled in the " +
			"configuration file (see sample.conf).")
		c.exit = exitUnimplemented
		return errHandled
	}
	switch transportKind(err) {
	case client.Refused:
		c.out.failf("%s refused connection", c.set.serverURL)
		c.exit = exitRefused
		return errHandled
	case client.NoSuchFile:
		c.out.failf("%s no such file", c.set.serverURL)
		c.exit = exitNotRunning
		return errHandled
	}
	return err
}

func transportKind(err error) client.Kind {
	if e, ok := errors.AsType[*client.TransportError](err); ok {
		return e.Kind
	}
	return client.Other
}

func isUnauthorized(err error) bool {
	e, ok := errors.AsType[*client.HTTPError](err)
	return ok && e.Code == 401
}

// login asks for a user name and password and uses them from now on.
func (c *ctl) login(parent context.Context) error {
	ctx, release := c.interruptible(parent)
	defer release()
	username, err := c.input.line(ctx, "Username:")
	if err != nil {
		return err
	}
	password, err := c.input.password(ctx, "Password:")
	if err != nil {
		return err
	}
	c.out.line("")
	c.set.username, c.set.password = &username, &password
	return c.connect()
}

// confirm asks before a drastic action; it returns true without asking if the use is not
// interactive.
func (c *ctl) confirm(ctx context.Context, question string) (bool, error) {
	if !c.set.interactive {
		return true, nil
	}
	answer, err := c.input.line(ctx, question)
	if err != nil {
		return false, err
	}
	return strings.HasPrefix(strings.ToLower(answer), "y"), nil
}

// interruptible returns a context that Ctrl-C cancels; until release is called, Ctrl-C
// has no other effect.
func (c *ctl) interruptible(parent context.Context) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(parent)
	outer := c.cancel.Swap(&cancel)
	// A script that runs us in the background wants SIGINT ignored.
	if c.sigint == nil && !signal.Ignored(os.Interrupt) {
		c.sigint = make(chan os.Signal, 1)
		signal.Notify(c.sigint, os.Interrupt)
		go func() {
			for range c.sigint {
				if cancel := c.cancel.Load(); cancel != nil {
					(*cancel)()
				}
			}
		}()
	}
	return ctx, func() {
		c.cancel.Store(outer)
		cancel()
	}
}
