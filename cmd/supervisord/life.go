package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"reeve/config"
	"reeve/config/pytext"
	"reeve/rpc"
	"reeve/rpc/handler"
	"reeve/rpc/httpd"
	"reeve/rpc/webui"
	"reeve/supervisor"
	"reeve/supervisor/daemonlog"
	"reeve/supervisor/keeper"
	"reeve/supervisor/logfile"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// daemon is this process, over all its sessions.
type daemon struct {
	argv    []string
	stage   *stage
	signals *signals

	falls  falls
	keeper *keeper.Client // nil: there is none
	alone  bool           // it is gone, which was said
	path   string         // of the program, if it is known from an upgrade
	failed string         // why a program that was to follow has not, until it is said

	loads   atomic.Int32 // running, or waiting for one that hangs
	loading sync.Mutex
	loader  *config.Loader // guarded by loading
}

// loadsMost bounds the loads that wait for one that hangs.
const loadsMost = 64

// load reads the configuration again. It may be called from any goroutine.
func (d *daemon) load(scales ...config.Scale) (*config.Config, error) {
	defer d.loads.Add(-1)
	if d.loads.Add(1) > loadsMost {
		return nil, fmt.Errorf("too many wait for %s to be read", d.loader.Path)
	}
	d.loading.Lock()
	defer d.loading.Unlock()
	return d.loader.Load(scales...)
}

// handLoader returns the loader as data, without waiting for a load that hangs.
func (d *daemon) handLoader() config.HandedLoader {
	free := d.loading.TryLock()
	if free {
		defer d.loading.Unlock()
	}
	return d.loader.HandOver(free)
}

// program reads a program that is added at run time. It may be called from any goroutine.
func (d *daemon) program(cfg *config.Config, group, name string, settings []config.Setting) ([]*config.Process, error) {
	d.loading.Lock()
	defer d.loading.Unlock()
	return d.loader.Program(cfg, group, name, settings)
}

// run runs sessions until one does not end in a restart (fact 132), and returns the exit
// status of that one. Its error is to be printed after "Error: ".
func (d *daemon) run(cfg *config.Config) (status int, err error) {
	return d.sessions(&life{daemon: d, config: cfg, first: true})
}

// sessions runs l and those that follow it.
func (d *daemon) sessions(l *life) (status int, err error) {
	defer rescue.Listen(d.falls.report)()
	for {
		outcome, err := l.live()
		if err == nil && outcome.Handed != nil {
			next := (*life)(nil)
			if rescue.Vital("the handover", func() { next = l.handOver(outcome) }) != nil {
				fmt.Fprintln(os.Stderr, "supervisord ends: the handover failed; programs are left to themselves")
				return exitFailure, nil
			}
			l = next
			d.falls.stay()
			continue
		}
		d.falls.stay()
		if outcome.Panic != nil {
			return exitFailure, err
		}
		if err != nil || !outcome.Restart || !d.signals.between() {
			return outcome.Status, err
		}
		cfg, err := d.load()
		if err != nil {
			return 0, err
		}
		l = &life{daemon: d, config: cfg, serial: outcome.Serial, sockets: outcome.Sockets}
	}
}

// life is a session: the time from one reading of the configuration to the next restart.
type life struct {
	*daemon
	config  *config.Config
	first   bool
	serial  uint64 // serial of the next event
	sockets supervisor.Sockets

	log *daemonlog.Log
	// stdout takes what is printed besides the log. It is nil if nobody would see that.
	stdout  *logfile.Queue
	servers *httpd.Server
	rpc     *rpc.Server // with the configured interfaces
	web     *webui.Handler
	tails   *handler.Logs
	pidfile pidfile

	taken    *handover // goes on from there; nil: it begins
	cameBack bool      // taken is what was left of a daemon that died
	last     string    // to be logged last; empty: nothing
	upgrade  upgrade

	noteHead func() // what share returns has changed; set if there is a keeper
	noting   sync.Mutex
}

// live runs the session. If it ends by handing over, everything stays open.
func (l *life) live() (outcome supervisor.Outcome, err error) {
	l.upgrade.allow()
	defer func() {
		if outcome.Handed == nil && (l.taken == nil || l.cameBack) {
			l.end()
		}
	}()
	begin := l.begin
	if l.taken != nil {
		begin = l.takeOver
	}
	sup, err := begin()
	if err != nil {
		return outcome, err
	}
	early := l.signals.attach(&receiver{
		sup: sup, reread: func() error { _, err := l.load(); return err },
		upgrade: func() { l.upgradeBySignal(sup) }, log: l.log.Log,
	})
	defer l.signals.detach()
	defer l.watchKeeper()()
	l.falls.serve(sup)
	outcome = sup.Run(context.Background(), early...)
	if outcome.Panic != nil && outcome.Handed == nil {
		l.last = noWayOn(outcome.Panic)
	}
	return outcome, nil
}

// end closes what is open, in order.
func (l *life) end() {
	l.upgrade.abandon()
	l.pidfile.remove()
	if l.servers != nil {
		l.closeServers()
		if l.keeper != nil {
			for i := range l.config.Servers {
				l.keeper.Drop(keeper.Listener, uint64(i))
			}
		}
	}
	if l.log != nil {
		l.closeLog()
	}
}

// begin is fact 107, the order of the start, step by step. What can fail before the
// sockets are open is returned as an error and leaves nothing behind.
func (l *life) begin() (*supervisor.Supervisor, error) {
	criticals, infos, err := l.becomeUser()
	if err != nil {
		return nil, err
	}
	if l.first {
		raised, err := l.raiseLimits()
		if err != nil {
			return nil, err
		}
		infos = append(infos, raised...)
	}
	if err := l.openLog(); err != nil {
		return nil, err
	}
	for _, lines := range []struct {
		level process.Level
		lines []string
	}{{process.Critical, criticals}, {process.Warn, l.config.Warnings}, {process.Info, infos}} {
		for _, line := range lines.lines {
			l.log.Log(lines.level, line)
		}
	}
	l.signals.prepare()
	// The sockets come first: if another daemon has them, this one must not delete its
	// AUTO logs (fact 108). The log lines about them still appear where upstream has
	// them.
	lines := &lineBuffer{log: l.log.Log}
	if err := l.openServers(lines.Log); err != nil {
		lines.release()
		return nil, err
	}
	l.cleanAutoLogs()
	sup, err := supervisor.New(l.options())
	lines.release()
	if err != nil {
		return nil, err
	}
	if l.first && l.stage.parent != nil && !l.config.Supervisord.NoDaemon {
		if err := l.detach(); err != nil {
			return nil, err
		}
	}
	l.writePidfile()
	l.serve(sup, nil)
	l.stage.ready()
	return sup, nil
}

// becomeUser switches to the user of the configuration (fact 109).
func (l *life) becomeUser() (criticals, infos []string, err error) {
	infos = slices.Clone(l.config.Infos)
	user := l.config.Supervisord.User
	if user == nil {
		if os.Getuid() == 0 {
			criticals = append(criticals, "Supervisor is running as root.  Privileges were not dropped, as the config file names no "+
				"user. If that is what you want, say so with user=root in its section [supervisord].")
		}
		return criticals, infos, nil
	}
	if err := switchUser(int(user.UID)); err != nil {
		return nil, nil, err
	}
	return nil, append(infos, fmt.Sprintf("Set uid to user %d succeeded", user.UID)), nil
}

// raiseLimits raises the limits of open files and processes (fact 110).
func (l *life) raiseLimits() (infos []string, err error) {
	return supervisor.RaiseLimits(l.config.Supervisord.MinFDs, l.config.Supervisord.MinProcs)
}

func (l *life) openLog() (err error) {
	cfg := &l.config.Supervisord
	l.log, err = daemonlog.Open(daemonlog.Options{
		File: cfg.Logfile, MaxBytes: cfg.LogfileMaxBytes, Backups: cfg.LogfileBackups, Level: process.Level(cfg.LogLevel),
		Echo: cfg.NoDaemon && !cfg.Silent, Ident: filepath.Base(l.argv[0]),
	})
	if err == nil {
		l.falls.log.Store(l.log)
	}
	if err != nil || !cfg.NoDaemon {
		return err
	}
	if q, err := logfile.OpenQueue(logfile.Options{Path: "/dev/stdout"}, l.outage); err == nil {
		l.stdout = q
	}
	return nil
}

// print writes to our stdout, for result handlers.
func (l *life) print(text []byte) {
	if l.stdout != nil {
		l.stdout.Write(text)
	}
}

// How long the end of a session waits for clients that are still reading and for disks
// that are still writing.
const (
	clientPatience = time.Second
	diskPatience   = 5 * time.Second
	// logPatience is for the daemon's own log, once the others are closed.
	logPatience = 2 * time.Second
)

// closeLog closes all logs. What the disks have not accepted by then is lost; for the
// logs of children, the main log says so.
func (l *life) closeLog() {
	for _, sig := range l.signals.exitsKept() { // received since the session ended
		l.log.Log(process.Warn, "received "+process.SignalName(sig)+" indicating exit request")
	}
	ctx, cancel := context.WithTimeout(context.Background(), diskPatience)
	defer cancel()
	_ = logfile.Quiesce(ctx)
	if l.last != "" {
		l.log.Log(process.Critical, l.last)
	}
	l.falls.log.Store(nil)
	l.log.Close()
	if l.stdout != nil {
		l.stdout.Close()
	}
	last, cancel := context.WithTimeout(context.Background(), logPatience)
	defer cancel()
	_ = logfile.Quiesce(last)
}

func (l *life) closeServers() {
	ctx, cancel := context.WithTimeout(context.Background(), clientPatience)
	defer cancel()
	if l.web != nil { // serve was reached
		l.web.Close()
		l.tails.Close()
	}
	// A socket file that cannot be removed is recognized as stale next time.
	_ = l.servers.Shutdown(ctx)
}

// cleanAutoLogs removes the AUTO logs of earlier runs (fact 177).
func (l *life) cleanAutoLogs() {
	cfg := &l.config.Supervisord
	if cfg.NoCleanup {
		return
	}
	failed, err := logfile.CleanAuto(cfg.ChildLogDir, cfg.Identifier)
	if err != nil {
		l.log.Log(process.Warn, "Could not clear childlog dir")
	}
	for _, path := range failed {
		l.log.Log(process.Warn, "Failed to clean up "+pytext.Repr(path))
	}
}

func (l *life) options() supervisor.Options {
	opt := supervisor.Options{
		Config: l.config, Reread: l.load, Program: l.program, Environ: l.stage.environ, Log: l.log, Serial: l.serial, Sockets: l.sockets, Last: l.falls.tooMany(),
		Syslog: logfile.NewSyslog(filepath.Base(l.argv[0]), l.outage), Stdout: l.print,
	}
	if l.keeper != nil {
		opt.Keeper, opt.TrailHead = l.keeper, sync.OnceValue(l.share)
	}
	return opt
}

// outage logs that syslog or stdout fails to take its output, or takes it again.
func (l *life) outage(o logfile.Outage) {
	level := process.Error
	if o.Err == nil {
		level = process.Info
	}
	l.log.Log(level, o.String())
}

func (l *life) writePidfile() {
	l.pidfile.path, l.pidfile.pid = l.config.Supervisord.Pidfile, l.pid()
	if err := l.pidfile.write(); err != nil {
		text := "could not write pidfile " + l.pidfile.path
		if _, system := errors.AsType[syscall.Errno](err); !system {
			// An error of our own. Like upstream, we omit the text of system errors.
			text += ": " + err.Error()
		}
		l.log.Log(process.Critical, text)
		return
	}
	l.log.Log(process.Info, fmt.Sprintf("supervisord started with pid %d", l.pid()))
}
