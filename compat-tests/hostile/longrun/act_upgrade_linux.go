package longrun

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"reeve/compat-tests/hostile/longrun/plot"
	"reeve/rpc/client"
)

// versions of the two builds.
var versions = [2]string{"", "0.0.2-long"}

// upgrade replaces the daemon's program by the other build.
func (l *life) upgrade(a plot.Action) error {
	next := 1 - l.build
	before := l.said("upgraded from version")
	switch a.Target {
	case "call":
		ctx, cancel := l.prompt()
		defer cancel()
		u, err := l.rpc.Upgrade(ctx, l.builds[next])
		if err != nil {
			l.violation("upgrade: " + err.Error())
			return nil
		}
		if u.To == u.From || next == 1 && u.To != versions[1] {
			l.violation(fmt.Sprintf("upgrade: it went from %s to %s, build %d", u.From, u.To, next))
		}
		l.pauses = append(l.pauses, u.Pause)
	case "ctl":
		if out, err := l.ctlRun("upgrade", l.builds[next]); err != nil {
			l.violation(fmt.Sprintf("supervisorctl upgrade: %v: %s", err, out))
			return nil
		}
	case "signal": // to the program that it was executed from
		if err := l.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
			return err
		}
		return l.await("the daemon is upgraded", func() bool { return l.said("upgraded from version") > before && l.serves() })
	}
	l.build = next
	return nil
}

// refused asks for an upgrade that can't be.
func (l *life) refused(a plot.Action) error {
	path := filepath.Join(l.dir, "impostor")
	_ = os.RemoveAll(path)
	var err error
	switch a.Target {
	case "true":
		path = "/bin/true"
	case "text":
		err = os.WriteFile(path, []byte("no program\n"), 0o755)
	case "directory":
		err = os.Mkdir(path, 0o755)
	}
	if err != nil {
		return err
	}
	ctx, cancel := l.prompt()
	defer cancel()
	if _, err := l.rpc.Upgrade(ctx, path); client.FaultCode(err) < 0 {
		l.violation(fmt.Sprintf("an upgrade to %s (%s): %v", path, a.Target, err))
	}
	return nil
}

// learnBuild asks which of the two builds it is that came back.
func (l *life) learnBuild() error {
	ctx, cancel := l.prompt()
	defer cancel()
	var version string
	err := l.rpc.Call(ctx, "reeve.getVersion", &version)
	if l.build = 0; version == versions[1] {
		l.build = 1
	}
	return err
}
