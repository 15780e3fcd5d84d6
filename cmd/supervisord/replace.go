package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"reeve/config"
	"reeve/rpc/api"
	"reeve/supervisor"
	"reeve/supervisor/logfile"
	"reeve/supervisor/process"
)

// How long a handover waits for clients that read slowly and for logs to be written; what
// is left goes along.
const (
	handClients = 200 * time.Millisecond
	handLogs    = 100 * time.Millisecond
)

// handOver leaves everything to another program in this process. It returns only if no
// program could be executed: then the life that it returns goes on in this one.
func (l *life) handOver(sup *supervisor.Handed) *life {
	h := l.essence(cmp.Or(l.upgrade.path, l.path))
	h.Began, h.Supervisor = int64(supervisor.Monotonic()), *sup
	ctx, cancel := context.WithTimeout(context.Background(), handClients)
	l.servers.BeginHandOver()
	l.web.Close()
	h.Servers = l.servers.FinishHandOver(ctx)
	cancel()
	h.RPC = l.rpc.HandOver()
	h.Signals = l.signals.handOver()
	if l.keeper != nil {
		var err error
		if h.Keeper, err = l.keeper.HandOver(); err != nil {
			l.log.Log(process.Error, fmt.Sprintf("cannot pass the connection to the keeper on: %v", err))
		}
	}
	next := &life{daemon: l.daemon, config: l.config, taken: h}
	ctx, cancel = context.WithTimeout(context.Background(), handLogs)
	defer cancel()
	var err error
	if h.Logs, err = logfile.HandOver(ctx); err != nil {
		return next.stays(fmt.Errorf("cannot leave the logs to another program: %w", err))
	}
	if err := l.execute(h); err != nil {
		return next.stays(err)
	}
	return next
}

// essence is what a handover has in any case.
func (l *life) essence(program string) *handover {
	session := *l.config
	session.Groups, session.Warnings, session.Infos = nil, nil, nil
	h := &handover{
		Format: format, From: config.Own, Session: savedSession{Config: &session}, Limit: supervisor.LimitOfChildren(),
		Program: program, Path: l.loader.Path,
	}
	if l.web != nil {
		h.Session.Token = l.web.Token()
	}
	if l.pidfile.written {
		h.Session.Pidfile = l.pidfile.path
	}
	return h
}

// stays notes why this program goes on.
func (l *life) stays(why error) *life {
	l.failed = why.Error()
	return l
}

// execute replaces this program by the one that was asked for or, if that can't be
// executed, by itself.
func (l *life) execute(h *handover) error {
	file, err := memoryFile("handover", h)
	if err != nil {
		return err
	}
	defer file.Close()
	own, err := os.Open(ownBinary())
	if err != nil {
		return fmt.Errorf("cannot open the program of this process: %w", err)
	}
	defer own.Close()
	fds := append(h.descriptors(), int(file.Fd()), int(own.Fd()))
	if err := keepAcrossExec(fds, true); err != nil {
		return err
	}
	defer func() { _ = keepAcrossExec(fds, false) }()
	return supervisor.Replace(l.upgrade.file, l.argv, l.stage.next(handed{Handover: int(file.Fd()), Before: int(own.Fd())}))
}

// keepAcrossExec has descriptors stay open across an execve, or not.
func keepAcrossExec(fds []int, keep bool) error {
	for _, fd := range fds {
		flags := 0
		if !keep {
			flags = unix.FD_CLOEXEC
		}
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, flags); err != nil {
			return fmt.Errorf("cannot pass descriptor %d on: %w", fd, err)
		}
	}
	return nil
}

// fallBack replaces a program that can't take over by the one before it. It returns only
// on failure.
func fallBack(st *stage, argv []string, why error) error {
	if st.Before == 0 {
		return why // this is the program before
	}
	own := os.NewFile(uintptr(st.Before), "the program before")
	if err := keepAcrossExec([]int{st.Handover}, true); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "supervisord: %v; the program before goes on\n", why)
	return supervisor.Replace(own, argv, st.next(handed{Handover: st.Handover, Failed: why.Error()}))
}

// say logs how a handover went.
func (l *life) say(u *api.Upgrade) {
	if l.cameBack {
		l.log.Log(process.Critical, fmt.Sprintf("supervisord died suddenly (%s); another one goes on with %d processes", l.keeper.Died(), u.Processes))
		return
	}
	pause := time.Duration(u.Pause * float64(time.Second)).Round(100 * time.Microsecond)
	after := fmt.Sprintf("%d processes went on, nothing was served for %s", u.Processes, pause)
	if l.failed != "" {
		l.log.Log(process.Error, fmt.Sprintf("cannot upgrade, version %s goes on: %s; %s", config.Own, l.failed, after))
		return
	}
	l.log.Log(process.Warn, fmt.Sprintf("upgraded from version %s to %s; %s", u.From, u.To, after))
}
