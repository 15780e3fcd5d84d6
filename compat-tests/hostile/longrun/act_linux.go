package longrun

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"reeve/compat-tests/hostile/longrun/judge"
	"reeve/compat-tests/hostile/longrun/plot"
	"reeve/rpc/client"
)

// signals are those that plot names.
var signals = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL, "INT": syscall.SIGINT}

// do carries an action out. An error means that the life can't go on.
func (l *life) do(a plot.Action) error {
	l.counts[a.Kind]++
	switch a.Kind {
	case plot.Start:
		l.call(a.String(), func(ctx context.Context, c *client.Client) error { return c.Start(ctx, a.Target, a.Wait) })
	case plot.Stop:
		l.call(a.String(), func(ctx context.Context, c *client.Client) error { return c.Stop(ctx, a.Target, a.Wait) })
	case plot.Restart:
		l.call(a.String(), func(ctx context.Context, c *client.Client) error {
			if err := c.Stop(ctx, a.Target, true); err != nil && client.FaultCode(err) < 0 {
				return err
			}
			return c.Start(ctx, a.Target, a.Wait)
		})
	case plot.StartGroup:
		l.call(a.String(), func(ctx context.Context, c *client.Client) error {
			_, err := c.StartGroup(ctx, a.Target, a.Wait)
			return err
		})
	case plot.StopGroup:
		l.call(a.String(), func(ctx context.Context, c *client.Client) error {
			_, err := c.StopGroup(ctx, a.Target, a.Wait)
			return err
		})
	case plot.Signal:
		l.call(a.String(), func(ctx context.Context, c *client.Client) error { return c.Signal(ctx, a.Target, a.Signal) })
	case plot.Event:
		l.sendEvent()
	case plot.Tail:
		l.tail(a.Target, time.Second)
	case plot.Leave, plot.Slow:
		l.leave(a.Kind == plot.Slow)
	case plot.Kill, plot.Freeze, plot.KillMany:
		l.hurt(a)
	case plot.Reload:
		l.config = a.Config
		return l.reload()
	case plot.Reboot:
		return l.reboot(a)
	case plot.Upgrade:
		return l.upgrade(a)
	case plot.Refused:
		return l.refused(a)
	case plot.Crash:
		return l.crash()
	case plot.KillStarter:
		l.killStarter()
	case plot.FreezeDaemon:
		pid := l.daemon()
		_ = syscall.Kill(pid, syscall.SIGSTOP)
		time.Sleep(a.For)
		_ = syscall.Kill(pid, syscall.SIGCONT)
	case plot.Unlink:
		return l.unlink()
	case plot.Reopen:
		l.reopen()
	case plot.Shortage:
		return l.shortage(a.For)
	case plot.Settle:
		return l.settle()
	case plot.Bare:
		return l.bare()
	}
	return nil
}

// sendEvent sends a numbered event. Whether one was sent is not known if the daemon was
// killed meanwhile.
func (l *life) sendEvent() {
	l.mu.Lock()
	l.event++
	n := l.event
	l.mu.Unlock()
	l.call("sendRemoteCommEvent", func(ctx context.Context, c *client.Client) error {
		err := c.Call(ctx, "supervisor.sendRemoteCommEvent", nil, "n", fmt.Sprint("number ", n))
		if err == nil {
			l.mu.Lock()
			l.sent = append(l.sent, n)
			l.mu.Unlock()
		}
		return err
	})
}

// hurt sends a signal that the daemon did not ask for.
func (l *life) hurt(a plot.Action) {
	_, process, _ := strings.Cut(a.Target, ":")
	for _, p := range l.children() {
		if p.Process != process && a.Kind != plot.KillMany || slices.Contains([]string{"ear", "wild_0", "wild_1"}, p.Process) {
			continue
		}
		if a.Kind != plot.Freeze {
			_ = syscall.Kill(p.Pid, signals[a.Signal])
			continue
		}
		_ = syscall.Kill(p.Pid, syscall.SIGSTOP)
		l.calls.Go(func() {
			time.Sleep(a.For)
			if r, ok := look(p.Pid); ok && r.state == 'T' {
				_ = syscall.Kill(p.Pid, syscall.SIGCONT)
			}
		})
	}
}

// children returns the programs that run, without their own children.
func (l *life) children() (all []judge.There) {
	dirs, _ := os.ReadDir(filepath.Join(l.dir, "runs"))
	for _, d := range dirs {
		runs, err := runsOf(l.dir, d.Name())
		if err != nil {
			continue
		}
		for _, r := range runs {
			if !r.Ended {
				all = append(all, judge.There{Pid: r.Pid, Process: r.Process})
			}
		}
	}
	return all
}

// ctlRun runs supervisorctl.
func (l *life) ctlRun(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, l.ctl, append([]string{"-c", filepath.Join(l.dir, "supervisord.conf")}, args...)...)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// reload has the daemon take another configuration.
func (l *life) reload() error {
	if err := l.writeConfig(); err != nil {
		return err
	}
	for {
		out, err := l.ctlRun("update")
		switch {
		case strings.Contains(out, "STILL_RUNNING"): // somebody has started it between its stop and its removal
			continue
		case err != nil || strings.Contains(out, "ERROR") || strings.Contains(out, "error"):
			l.violation(fmt.Sprintf("update: %v: %s", err, out))
		}
		return nil
	}
}

// reboot has the daemon begin a new session.
func (l *life) reboot(a plot.Action) (err error) {
	ctx, cancel := l.prompt()
	defer cancel()
	l.window(func() {
		before := l.said("supervisord started with pid")
		if a.Target == "call" {
			err = l.rpc.Restart(ctx)
		} else {
			err = l.cmd.Process.Signal(syscall.SIGHUP)
		}
		if err == nil {
			l.sessions++
			l.restartsInRound++
			err = l.await("the daemon is restarted", func() bool { return l.said("supervisord started with pid") > before && l.serves() })
		}
	})
	return err
}

// said counts lines in the main log.
func (l *life) said(text string) int {
	log, _ := os.ReadFile(filepath.Join(l.dir, "supervisord.log"))
	return strings.Count(string(log), text)
}
