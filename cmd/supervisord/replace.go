package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"syscall"
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

// handOver leaves everything to another program in this process; after a panic, to itself.
// It returns only if no program could be executed: then the life that it returns goes on
// in this one.
func (l *life) handOver(o supervisor.Outcome) *life {
	h, program := l.essence(cmp.Or(l.upgrade.path, l.path)), l.upgrade.file
	if o.Panic != nil { // perhaps while an upgrade was prepared
		h.Program, program = l.path, nil
	}
	h.Supervisor = *o.Handed
	l.falls.note(h, o.Panic)
	ctx, cancel := context.WithTimeout(context.Background(), handClients)
	l.servers.BeginHandOver()
	l.web.Close()
	h.Servers = l.servers.FinishHandOver(ctx)
	cancel()
	h.RPC = l.rpc.HandOver()
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
	if err = diskRests(context.Background(), diskLate); err != nil {
		return next.stays(err)
	}
	if err := l.execute(h, program); err != nil {
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
		Program: program, Before: l.path, Loader: l.handLoader(),
	}
	h.Last = l.last
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

// execute replaces this program by another one; nil: by itself.
func (l *life) execute(h *handover, program *os.File) error {
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
	return l.signals.acrossLife(func(received []syscall.Signal) error {
		to := handed{Handover: int(file.Fd()), Before: int(own.Fd()), Signals: received}
		return supervisor.Replace(program, l.argv, l.stage.next(to))
	})
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
func fallBack(st *stage, argv []string, signals *signals, why error) error {
	if st.Before == 0 {
		return why // this is the program before
	}
	own := os.NewFile(uintptr(st.Before), "the program before")
	for _, fd := range st.inherited {
		if fd != st.Before {
			_ = keepAcrossExec([]int{fd}, true) // fails if it was closed already
		}
	}
	fmt.Fprintf(os.Stderr, "supervisord: %v; the program before goes on\n", why)
	return signals.acrossLife(func(received []syscall.Signal) error {
		return supervisor.Replace(own, argv, st.next(handed{Handover: st.Handover, Failed: why.Error(), Signals: received}))
	})
}

// say logs how a handover went.
func (l *life) say(u *api.Upgrade) {
	if l.cameBack {
		l.log.Log(process.Critical, fmt.Sprintf("supervisord died suddenly (%s); another one goes on with %d processes", l.keeper.Died(), u.Processes))
		return
	}
	pause := time.Duration(u.Pause * float64(time.Second)).Round(100 * time.Microsecond)
	after := fmt.Sprintf("%d processes went on, nothing was served for %s", u.Processes, pause)
	if fall := l.taken.Fall; fall != "" {
		l.sayFall(fall, after)
		return
	}
	if l.failed != "" {
		l.log.Log(process.Error, fmt.Sprintf("cannot upgrade, version %s goes on: %s; %s", config.Own, l.failed, after))
		return
	}
	l.log.Log(process.Warn, fmt.Sprintf("upgraded from version %s to %s; %s", u.From, u.To, after))
}
