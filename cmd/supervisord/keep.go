package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"reeve/config"
	"reeve/rpc/httpd"
	"reeve/supervisor"
	"reeve/supervisor/daemonlog"
	"reeve/supervisor/keeper"
	"reeve/supervisor/logfile"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// With survive_crash or kill_orphans the program that was started becomes the keeper, and
// executes itself again as the daemon (docs/crash.md). If that dies suddenly, the keeper
// executes it once more, to go on (comeBack) from what it held.

// keep is the keeper. It returns the exit status of the daemon.
func keep(argv []string, st *stage, cfg *config.Supervisord, signals *signals) int {
	signals.release()
	name := argv[0]
	status, err := keeper.Run(keeper.Options{
		Kill: cfg.KillOrphans,
		Log:  func(line string, last bool) { sayAsKeeper(cfg, line, last) },
		Start: func(socket *os.File, program int, again bool) (int, error) {
			pid, err := startDaemon(argv, st, socket, program, again)
			if err == nil && !again && st.parent != nil {
				_ = st.parent.Close()
				st.parent = nil
				err = leaveTerminal()
			}
			return pid, err
		},
	})
	if err != nil {
		return usage(name, fmt.Errorf("cannot keep a daemon: %w", err))
	}
	if holdsPid(cfg.Pidfile, os.Getpid()) {
		_ = os.Remove(cfg.Pidfile) // no daemon was left to do that
	}
	return status
}

// holdsPid reports whether a pidfile has that pid.
func holdsPid(path string, pid int) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	text, err := os.ReadFile(path)
	return err == nil && string(text) == fmt.Sprintln(pid)
}

// sayAsKeeper says a line on stderr. The last one also goes to the daemon's log, because no
// daemon follows that could say it there.
func sayAsKeeper(cfg *config.Supervisord, line string, last bool) {
	fmt.Fprintf(os.Stderr, "supervisord: %s\n", line)
	if !last {
		return
	}
	log, err := daemonlog.Open(daemonlog.Options{File: cfg.Logfile, MaxBytes: cfg.LogfileMaxBytes, Backups: cfg.LogfileBackups, Ident: "supervisord"})
	if err != nil {
		return // stderr has it
	}
	log.Log(process.Critical, line)
	log.Close()
	ctx, cancel := context.WithTimeout(context.Background(), logPatience)
	defer cancel()
	_ = logfile.Quiesce(ctx)
}

// watchKeeper says, once, that the keeper is gone. stop ends that.
func (l *life) watchKeeper() (stop func()) {
	if l.keeper == nil || l.alone {
		return func() {}
	}
	done := make(chan struct{})
	var idle sync.WaitGroup
	idle.Go(rescue.Around("watching the keeper", func() {
		for {
			select {
			case <-l.keeper.Short():
				l.log.Log(process.Critical, "the keeper has too few descriptors to hold all that it should: if supervisord dies suddenly, "+
					"some programs lose their output, or are started again")
			case <-l.keeper.Gone():
				l.goOnAlone()
				return
			case <-done:
				return
			}
		}
	}))
	return func() { close(done); idle.Wait() }
}

// goOnAlone goes on without the keeper.
func (l *life) goOnAlone() {
	l.alone = true
	l.log.Log(process.Critical, fmt.Sprintf("the keeper (pid %d) is gone; this process goes on with pid %d, and nothing holds its programs "+
		"if it dies suddenly", l.keeper.Pid(), os.Getpid()))
	if l.pidfile.written {
		l.pidfile.pid = os.Getpid()
		_ = l.pidfile.write()
	}
}

// startDaemon executes this program again, under the keeper.
func startDaemon(argv []string, st *stage, socket *os.File, program int, again bool) (pid int, err error) {
	const first = 3 // descriptor behind the standard ones
	files, h := []uintptr{0, 1, 2, socket.Fd()}, handed{Keeper: first, Again: again}
	if st.parent != nil && !again {
		files, h.Parent = append(files, st.parent.Fd()), first+1
	}
	// In the foreground it is not in our process group: a key on the terminal is for us,
	// and we pass it on. In the background it begins a session, which the leader of a
	// group can't.
	sys := &syscall.SysProcAttr{Setpgid: h.Parent == 0}
	attr := &syscall.ProcAttr{Env: st.next(h), Files: files, Sys: sys}
	if program >= 0 {
		// After an upgrade the state is that of a later program than ours.
		if pid, err = syscall.ForkExec(fmt.Sprintf("/proc/self/fd/%d", program), argv, attr); err == nil {
			return pid, nil
		}
	}
	return syscall.ForkExec(ownBinary(), argv, attr)
}

// leaveTerminal makes the keeper of a daemon in the background one, too.
func leaveTerminal() error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	for fd := range 3 {
		if err := dup(int(null.Fd()), fd); err != nil {
			return err
		}
	}
	_, err = syscall.Setsid()
	return err
}

// connect takes the connection to the keeper, if there is one.
func (d *daemon) connect(again bool) (held []keeper.Held, err error) {
	if d.stage.Keeper == 0 {
		return nil, nil
	}
	if d.keeper, held, err = keeper.Connect(d.stage.Keeper, again); err != nil {
		return nil, err
	}
	if own, err := os.Open(ownBinary()); err == nil {
		// Without it the keeper executes its own program, which is the same before an upgrade.
		_ = d.keeper.Hold(keeper.Tag{Class: keeper.Program}, int(own.Fd()))
		_ = own.Close()
	}
	return held, nil
}

// pid is the process that others know as the daemon.
func (d *daemon) pid() int {
	if d.keeper == nil {
		return os.Getpid()
	}
	select {
	case <-d.keeper.Gone():
		return os.Getpid()
	default:
		return d.keeper.Pid()
	}
}

// leave says to the keeper that this process ends as it should.
func (d *daemon) leave() {
	if d.keeper != nil {
		d.keeper.Leave()
		d.keeper = nil
	}
}

// share has the keeper hold the sockets, and returns what a daemon that comes back needs
// besides. It is called when everything is open.
func (l *life) share() (head json.RawMessage) {
	if l.keeper == nil {
		return nil
	}
	h := l.essence(l.path) // one that is being asked whether it can go on is none yet
	h.Servers = l.servers.Share(func(place, fd int) {
		if err := l.keeper.Hold(keeper.Tag{Class: keeper.Listener, Place: uint8(place), Owner: uint64(place)}, fd); err != nil {
			l.log.Log(process.Error, err.Error()+"; clients are refused for a moment if supervisord dies suddenly")
		}
	})
	head, err := json.Marshal(h)
	if err != nil {
		return nil // it is found missing when it is needed
	}
	return head
}

// note has the supervisor write down what share returns now.
func (l *life) note(sup *supervisor.Supervisor) {
	l.noting.Lock()
	defer l.noting.Unlock()
	_ = sup.Succession().NoteHead(context.Background(), l.share()) // no session, no need
}

// comeBack goes on after a daemon that died suddenly, with what the keeper held for it.
func comeBack(argv []string, st *stage, signals *signals) int {
	supervisor.PrepareThreads()
	d := &daemon{argv: argv, stage: st, signals: signals}
	h, err := d.recover()
	if err != nil {
		return usage(argv[0], err)
	}
	d.loader = config.TakeLoader(h.Loader, st.environ)
	d.path = h.Program
	return d.report(d.sessions(&life{daemon: d, config: h.Session.Config, taken: h, cameBack: true}))
}

// recover makes a handover of what is left of a daemon.
func (d *daemon) recover() (*handover, error) {
	held, err := d.connect(false)
	if err != nil {
		return nil, err
	}
	left, head, err := supervisor.Recover(held)
	if err != nil {
		return nil, err
	}
	h := new(handover)
	if err := json.Unmarshal(head, h); err != nil || h.Session.Config == nil {
		return nil, errors.New("cannot go on from the daemon that died: what it noted is incomplete")
	}
	h.Supervisor = *left
	for i := range h.Servers.Endpoints {
		h.Servers.Endpoints[i].Descriptor = 0
	}
	for _, s := range held {
		if s.Tag.Class == keeper.Program {
			_ = unix.Close(s.FD)
		}
		if s.Tag.Class != keeper.Listener {
			continue
		}
		if i := int(s.Tag.Place); i < len(h.Servers.Endpoints) {
			h.Servers.Endpoints[i].Descriptor = s.FD
		} else {
			_ = unix.Close(s.FD)
		}
	}
	h.Servers.Conns = []httpd.HandedConn(nil)
	return h, nil
}

// settleIn is what a process needs that comes back, because it is not the one that died.
func (l *life) settleIn() error {
	if _, _, err := l.becomeUser(); err != nil {
		return err
	}
	if _, err := l.raiseLimits(); err != nil {
		return err
	}
	if cfg := &l.config.Supervisord; !cfg.NoDaemon {
		_ = os.Chdir(cfg.Directory) // as at the beginning, a failure does not matter
		syscall.Umask(cfg.Umask)
	}
	return nil
}
