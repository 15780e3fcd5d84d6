package main

// outputMutations are defects in log files and their contents.
var outputMutations = []mutation{
	{"no-rotation-at-the-limit", "supervisor/logfile/file.go", `if size < f.opt.MaxBytes || size < f.retry {`, `if size <= f.opt.MaxBytes || size < f.retry {`, "rotation"},
	{"backup-too-many", "supervisor/logfile/rotate.go", `for i := f.opt.Backups - 1; i >= 1; i-- {`, `for i := f.opt.Backups; i >= 1; i-- {`, "rotation"},
	{"backups-not-shifted", "supervisor/logfile/rotate.go", `for i := f.opt.Backups - 1; i >= 1; i-- {`, `for i := f.opt.Backups - 1; i > 1; i-- {`, "rotation"},
	{"no-backups-means-one", "supervisor/logfile/rotate.go", `if f.opt.Backups <= 0 {`, `if f.opt.Backups < 0 {`, "rotation"},
	{"auto-name", "supervisor/logfile/auto.go", `"%s-%s---%s-%s.log"`, `"%s-%s--%s-%s.log"`, "rotation"},
	{"auto-mode", "supervisor/logfile/auto.go", `0o600)`, `0o644)`, "rotation"},
	{"auto-cleanup-of-others", "supervisor/logfile/auto.go", "`^.+?---` + regexp.QuoteMeta(identifier) + `-\\S+\\.log`", "`^.+?---\\S+-\\S+\\.log`", "rotation"},
	{"stderr-not-merged", "supervisor/internal/launch/launch.go", `MergeStderr: p.RedirectStderr,`, `MergeStderr: false,`, "rotation"},
	{"clear-takes-backups", "supervisor/logfile/file.go", `return fmt.Errorf("cannot remove %s: %w", f.opt.Path, cause(err))
	}
`, `return fmt.Errorf("cannot remove %s: %w", f.opt.Path, cause(err))
	}
	_ = os.Remove(f.backup(1))
`, "rotation"},
	{"log-milliseconds", "supervisor/daemonlog/levels.go", `e.Time.AppendFormat(b, "2006-01-02 15:04:05,000 ")`, `e.Time.AppendFormat(b, "2006-01-02 15:04:05.000 ")`, "signals"},
	{"log-level-names", "supervisor/daemonlog/levels.go", `{process.Critical, "CRIT", `, `{process.Critical, "CRITICAL", `, "signals"},
}

// daemonMutations are defects in supervisord itself, from its command line to its end.
var daemonMutations = []mutation{
	{"usage-status", "cmd/supervisord/main.go", `exitUsage   = 2`, `exitUsage   = 1`, "cmdline"},
	{"usage-help-line", "cmd/supervisord/main.go", `For help, use %s -h\n`, `For help use %s -h\n`, "cmdline"},
	{"positional-quotes", "cmd/supervisord/options.go", `rest[i] = pytext.Repr(word)`, `rest[i] = "'" + word + "'"`, "cmdline"},
	{"umask-of-daemon", "cmd/supervisord/detach.go", `syscall.Umask(cfg.Umask)`, `_ = cfg.Umask`, "daemonize"},
	{"daemon-changes-no-directory", "cmd/supervisord/detach.go", `if dir := cfg.Directory; dir != "" {`, `if dir := cfg.Directory; dir == "/" {`, "daemonize"},
	{"pidfile-stays", "cmd/supervisord/pidfile.go", "if p.written {\n\t\t_ = safefile.Remove(p.path)", "if !p.written {\n\t\t_ = safefile.Remove(p.path)", "restart"},
	{"pidfile-without-newline", "cmd/supervisord/pidfile.go", `fmt.Appendln(nil, cmp.Or(p.pid, os.Getpid()))`, `fmt.Append(nil, cmp.Or(p.pid, os.Getpid()))`, "daemonize"},
	{"nocleanup-ignored", "cmd/supervisord/life.go", `if cfg.NoCleanup {`, `if cfg.NoCleanup && cfg.Silent {`, "rotation"},
	{"warnings-as-infos", "cmd/supervisord/life.go", `{process.Warn, l.config.Warnings}`, `{process.Info, l.config.Warnings}`, "config_values"},
	{"silent-echoes", "cmd/supervisord/life.go", `Echo: cfg.NoDaemon && !cfg.Silent,`, `Echo: cfg.NoDaemon,`, "daemonize"},
	{"socket-owner-ignored", "cmd/supervisord/servers.go", `e.UID, e.GID = s.Owner.UID, s.Owner.GID`, `e.UID = s.Owner.UID`, "users"},
	{"namespaces-always", "cmd/supervisord/servers.go", `configured := calls(false, rpc.Namespaces(l.config.RPCInterfaces))`, `configured := calls(len(rpc.Namespaces(l.config.RPCInterfaces)) == 0, rpc.Namespaces(l.config.RPCInterfaces))`, "servers"},
	{"log-of-lower-levels", "supervisor/daemonlog/log.go", `func (l *Log) Enabled(level process.Level) bool { return level >= l.opt.Level }`, `func (l *Log) Enabled(level process.Level) bool { return level > l.opt.Level }`, "states"},
	{"reopen-said-after", "supervisor/daemonlog/log.go", "\tl.Log(process.Info, \"supervisord logreopen\")\n\tif l.file != nil {", "\tdefer l.Log(process.Info, \"supervisord logreopen\")\n\tif l.file != nil {", "signals"},
	{"root-unsaid", "cmd/supervisord/life.go", `if os.Getuid() == 0 {`, `if os.Getuid() < 0 {`, "root"},
	{"minprocs-as-minfds", "cmd/supervisord/life.go", `RaiseLimits(l.config.Supervisord.MinFDs, l.config.Supervisord.MinProcs)`, `RaiseLimits(l.config.Supervisord.MinProcs, l.config.Supervisord.MinFDs)`, "users"},
	{"primary-group-alone", "cmd/supervisord/user.go", `if err := syscall.Setgid(g.Primary); err != nil {`, `if err := syscall.Setgid(0); err != nil {`, "users"},
}
