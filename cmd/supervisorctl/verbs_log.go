package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"reeve/config/pytext"
	"reeve/rpc/api"
	"reeve/rpc/client"
)

// defaultTail is how many bytes tail and maintail show by default.
const defaultTail = 1600

const pressCtrlC = "==> Press Ctrl-C to exit <=="

// tail shows the end of a process's log, or follows it (facts 275-279).
func tail(ctx context.Context, c *ctl, arg string) error {
	words := strings.Fields(arg)
	switch {
	case len(words) < 1:
		return c.usage("tail", "Error: too few arguments", exitGeneric)
	case len(words) > 3:
		return c.usage("tail", "Error: too many arguments", exitGeneric)
	}
	modifier := ""
	if strings.HasPrefix(words[0], "-") {
		modifier, words = words[0], words[1:]
	}
	if len(words) == 0 {
		return c.refuse("Error: tail requires process name")
	}
	name, channel := words[0], "stdout"
	if len(words) > 1 {
		channel = strings.ToLower(words[len(words)-1])
		if channel != "stdout" && channel != "stderr" {
			return c.refuse("Error: bad channel " + pytext.Repr(channel))
		}
	}
	if modifier == "-f" {
		return c.follow(ctx, client.ProcessLogPath(name, channel))
	}
	n, ok := tailLength(modifier)
	if !ok {
		return c.refuse("Error: bad argument " + modifier)
	}
	c.warnEncoding()
	read := c.rpc.ReadStdoutLog
	if channel == "stderr" {
		read = c.rpc.ReadStderrLog
	}
	text, err := read(ctx, name, -n, 0)
	err = c.showLog(name, text, err)
	if client.FaultCode(err) == api.BadName {
		c.out.failf("%s: ERROR (no such process name)", name)
		c.suggestProcess(ctx, name)
		return nil
	}
	return err
}

// maintail shows the end of the daemon's log, or follows it.
func maintail(ctx context.Context, c *ctl, arg string) error {
	words := strings.Fields(arg)
	if len(words) > 1 {
		return c.usage("maintail", "Error: too many arguments", exitGeneric)
	}
	n := defaultTail
	if len(words) == 1 {
		if words[0] == "-f" {
			return c.follow(ctx, client.MainLogPath)
		}
		var ok bool
		if n, ok = tailLength(words[0]); !ok {
			return c.refuse("Error: bad argument " + words[0])
		}
	}
	text, err := c.rpc.ReadMainLog(ctx, -n, 0)
	return c.showLog("supervisord", text, err)
}

// tailLength reads `-BYTES`. After the dash anything is accepted that Python's int
// accepts, as in `--5` (fact 275).
func tailLength(modifier string) (n int, ok bool) {
	if modifier == "" {
		return defaultTail, true
	}
	digits, found := strings.CutPrefix(modifier, "-")
	bytes, valid := pytext.ParseInt(digits)
	return int(bytes), found && valid
}

// showLog prints what was read, or why it could not be read. Faults for which it has no
// text are returned.
func (c *ctl) showLog(name, text string, err error) error {
	if err == nil {
		c.out.line(text)
		return nil
	}
	c.exit = exitGeneric
	switch client.FaultCode(err) {
	case api.NoFile:
		c.out.failf("%s: ERROR (no log file)", name)
		return nil
	case api.Failed:
		c.out.failf("%s: ERROR (unknown error reading log)", name)
		return nil
	}
	return err
}

func (c *ctl) refuse(text string) error {
	c.out.fail(text)
	c.exit = exitGeneric
	return nil
}

// follow streams a log until Ctrl-C or the end of the daemon (fact 277). Errors do not
// change the exit status.
func (c *ctl) follow(parent context.Context, path string) error {
	c.warnEncoding()
	c.out.line(pressCtrlC)
	ctx, release := c.interruptible(parent)
	defer release()
	err := c.rpc.Follow(ctx, path, c.out.out)
	if ctx.Err() != nil {
		c.out.line("")
		return nil
	}
	c.streamFailed(path, err)
	return nil
}

// streamFailed reports a failed stream on standard error in the words of upstream's
// stream client. It is silent if the output could not be written, which is reported
// elsewhere.
func (c *ctl) streamFailed(path string, err error) {
	if err == nil || c.out.broken() {
		return
	}
	var text string
	if e, ok := asHTTPError(err); ok {
		text = fmt.Sprintf("Cannot read, status code %d", e.Code)
	} else {
		class, message := pythonError(err)
		text = fmt.Sprintf("Cannot connect, error: <class '%s'> (%s)", class, message)
	}
	fmt.Fprintf(c.out.err, "%s%s %s\n", c.set.serverURL, path, text)
}

// warnEncoding prints upstream's warning about an output encoding that cannot represent
// every character (fact 279). We pass the log's bytes through in any locale, so it is
// printed only if the user has set another encoding by hand.
func (c *ctl) warnEncoding() {
	encoding, _, _ := strings.Cut(os.Getenv("PYTHONIOENCODING"), ":")
	if encoding != "" && !strings.HasPrefix(strings.ToLower(encoding), "utf") {
		c.out.linef("Warning: sys.stdout.encoding is set to %s, so Unicode output may fail. Check your LANG and "+
			"PYTHONIOENCODING environment settings.", encoding)
	}
}

// foreground connects the terminal to a process: both of its logs, and its standard input
// line by line (fact 285). Upstream often hangs at the end of it; ours returns at once.
func foreground(parent context.Context, c *ctl, arg string) error {
	names := strings.Fields(arg)
	switch {
	case len(names) == 0:
		return c.usage("fg", "ERROR: no process name supplied", exitGeneric)
	case len(names) > 1:
		return c.refuse("ERROR: too many process names supplied")
	}
	name := names[0]
	info, err := c.rpc.ProcessInfo(parent, name)
	if code, text, ok := asFault(err); ok {
		if code == api.BadName {
			_ = c.refuse("ERROR: bad process name supplied")
			c.suggestProcess(parent, name)
			return nil
		}
		c.out.failf("ERROR: <Fault %d: %s>", code, pytext.Repr(text))
		return nil
	}
	if err != nil {
		return err
	}
	if info.State != api.StateRunning {
		return c.refuse("ERROR: process not running")
	}
	c.out.line(pressCtrlC)
	ctx, release := c.interruptible(parent)
	defer release()
	ended := make(chan struct{}, 2)
	for _, channel := range []string{"stdout", "stderr"} {
		path := client.ProcessLogPath(name, channel)
		go func() {
			if err := c.rpc.Follow(ctx, path, c.out.out); ctx.Err() == nil {
				c.streamFailed(path, err)
			}
			if c.out.broken() {
				release()
			}
			ended <- struct{}{}
		}()
	}
	// Nothing of the process is printed after "Exiting foreground".
	defer func() {
		release()
		<-ended
		<-ended
	}()
	return c.typeTo(ctx, name)
}

// typeTo sends each typed line to the process, until the process has ended, Ctrl-C or the
// end of input.
func (c *ctl) typeTo(ctx context.Context, name string) error {
	for {
		line, err := c.input.typed(ctx)
		if err != nil {
			if err == io.EOF || err == errInterrupted || ctx.Err() != nil {
				c.out.line("Exiting foreground")
				return nil
			}
			return err
		}
		err = c.rpc.SendStdin(ctx, name, line+"\n")
		if code, text, ok := asFault(err); ok {
			if code == api.NotRunning {
				c.out.line("Process got killed")
			} else {
				c.out.failf("ERROR: <Fault %d: %s>", code, pytext.Repr(text))
			}
			c.out.line("Exiting foreground")
			return nil
		}
		if err != nil {
			return c.leftForeground(ctx, err)
		}
		info, err := c.rpc.ProcessInfo(ctx, name)
		if err != nil {
			return c.leftForeground(ctx, err)
		}
		if info.State != api.StateRunning {
			c.out.line("Process got killed")
			c.out.line("Exiting foreground")
			return nil
		}
	}
}

// leftForeground ends fg after a failed call: it returns nil if Ctrl-C was the cause,
// else err, for the caller to show.
func (c *ctl) leftForeground(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		c.out.line("Exiting foreground")
		return nil
	}
	return err
}
