package longrun

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// crash kills the daemon.
func (l *life) crash() (err error) {
	l.window(func() {
		pid := l.daemon()
		if pid == 0 {
			err = errors.New("the keeper has no daemon")
			return
		}
		l.kills++
		l.killsInRound++
		_ = syscall.Kill(pid, syscall.SIGKILL)
		err = l.await("a daemon is there again", func() bool { n := l.daemon(); return n != 0 && n != pid && l.serves() })
	})
	if err == nil {
		err = l.learnBuild()
	}
	return err
}

// killStarter kills what starts the programs.
func (l *life) killStarter() {
	daemon := l.daemon()
	for _, pid := range l.ours() {
		if pid != daemon && pid != l.cmd.Process.Pid {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// unlink removes the socket's file, which is made again.
func (l *life) unlink() (err error) {
	l.window(func() {
		if err = os.Remove(filepath.Join(l.dir, "socket")); err == nil {
			err = l.await("the socket is made again", l.serves)
		}
	})
	return err
}

// reopen moves some logs, as logrotate does, and has all opened again.
func (l *life) reopen() {
	l.moved++
	for i := range l.config.Programs {
		p := &l.config.Programs[i]
		if !p.Moves || i%2 != l.moved%2 {
			continue
		}
		for _, proc := range p.Procs {
			for _, ext := range []string{"out", "err"} {
				path := filepath.Join(l.dir, "logs", proc+"."+ext)
				_ = os.Rename(path, fmt.Sprintf("%s.moved%06d", path, l.moved))
			}
		}
	}
	_ = l.cmd.Process.Signal(syscall.SIGUSR2)
}

// shortage takes descriptors from the daemon for a while.
func (l *life) shortage(d time.Duration) (err error) {
	l.window(func() {
		pid := l.daemon()
		var was unix.Rlimit
		few := unix.Rlimit{}
		if err = unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &was); err != nil {
			return
		}
		few.Cur, few.Max = uint64(entries(pid, "fd")), was.Max
		if err = unix.Prlimit(pid, unix.RLIMIT_NOFILE, &few, nil); err != nil {
			return
		}
		time.Sleep(d)
		if err = unix.Prlimit(pid, unix.RLIMIT_NOFILE, &was, nil); err == nil {
			err = l.await("the daemon serves after a shortage", l.serves)
		}
	})
	return err
}
