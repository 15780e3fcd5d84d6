package config

import (
	"slices"

	"reeve/config/health"
	"reeve/supervisor/order"
)

// The options of all sections, each table in the order in which it is read: where a file
// has two errors, upstream's order decides which one is reported. A new key of our own is
// a row at the end of its table.

// supervisordOptions are those of [supervisord].
func (b *builder) supervisordOptions() []option {
	s := &b.cfg.Supervisord
	return []option{
		{key: "minfds", def: "1024", field: into(&s.MinFDs, ParseInt), doc: "descriptors that have to be available"},
		{key: "minprocs", def: "200", field: into(&s.MinProcs, ParseInt), doc: "processes that have to be available"},
		{key: "directory", field: into(&s.Directory, ParseDir), doc: "change to this directory when going into the background"},
		{key: "user", field: into(&b.userText, asIs), doc: "become this user at start; for root only"},
		{key: "umask", def: "022", field: into(&s.Umask, ParseOctal), doc: "umask in the background"},
		{key: "logfile", def: "supervisord.log", field: into(&s.Logfile, ParsePath), doc: "main log; or syslog"},
		{key: "logfile_maxbytes", def: "50MB", field: into(&s.LogfileMaxBytes, ParseBytes), doc: "rotate at this size; 0: never (for /dev/stdout and other pipes)"},
		{key: "logfile_backups", def: "10", field: into(&s.LogfileBackups, ParseInt), doc: "rotated files to keep; 0: none"},
		{key: "loglevel", def: "info", field: into(&s.LogLevel, ParseLogLevel), doc: "critical, error, warn, info, debug, trace or blather"},
		{key: "pidfile", def: "supervisord.pid", field: into(&s.Pidfile, ParsePath), doc: "file for the process id"},
		{key: "identifier", def: "supervisor", field: into(&s.Identifier, asIs), doc: "name of this supervisord for clients and events"},
		{key: "nodaemon", def: "false", field: into(&s.NoDaemon, parseBool), doc: "true: stay in the foreground"},
		{key: "silent", def: "false", field: into(&s.Silent, parseBool), doc: "true: do not repeat the log on standard output in the foreground"},
		{key: "childlogdir", def: tempDir(), field: into(&s.ChildLogDir, ParseDir), doc: "directory for AUTO log files; default: the system's for temporary files"},
		{key: "nocleanup", def: "false", field: into(&s.NoCleanup, parseBool), doc: "keep AUTO log files of earlier runs"},
		{key: "strip_ansi", def: "false", field: into(&s.StripANSI, parseBool), doc: "take colours and other escape sequences out of logs"},
		{key: "environment", secret: true, field: field{&s.Environment, b.globalEnvironment}, doc: "variables for all programs"},
		{key: "max_starting", example: "10", ours: true, field: into(&s.MaxStarting, between("a number", ParseInt, 1, 100_000)), doc: "how many programs may be STARTING at once; default: no limit"},
		{key: "survive_crash", def: "false", ours: true, field: into(&s.SurviveCrash, parseBool), doc: "true: programs go on when supervisord itself is killed, and another one takes over"},
		{key: "kill_orphans", def: "false", ours: true, field: into(&s.KillOrphans, parseBool), doc: "true: when supervisord itself is killed, so is all that its programs have started"},
		{key: "state_file", example: "/var/lib/supervisord.state", ours: true, field: into(&s.StateFile, ParsePath), doc: "keeps what was disabled, scaled or stopped by hand; default: beside the pidfile, only if there is something to keep"},
	}
}

// options are those of [supervisorctl].
func (c *CtlConfig) options(here string) []option {
	return []option{
		{key: "serverurl", def: "http://localhost:9001", field: into(&c.ServerURL, asIs).with("here", here), doc: "unix://PATH"},
		{key: "prompt", def: "supervisor", field: into(&c.Prompt, asIs), doc: `prompt of the shell, without its "> "`},
		{key: "username", field: into(&c.Username, pointer(asIs)), doc: "as in the server's section"},
		{key: "password", secret: true, field: into(&c.Password, pointer(asIs)), doc: "plain, as in the server's section"},
		{key: "history_file", field: into(&c.HistoryFile, asIs).with("here", here), doc: "remember the lines typed; default: forget them"},
		{key: "color", def: "never", ours: true, field: into(&c.Color, asIs), doc: "colour: never, auto (on a terminal only) or always; supervisor has no such option"},
		{key: "update", def: "by-group", ours: true, field: into(&c.UpdateByProcess, words[bool]{{"by-group", false}, {"by-process", true}}.parse), doc: "what update restarts: whole groups, as supervisor does, or only the processes that have to be"},
	}
}

// unixOptions are those of [unix_http_server].
func (server *Server) unixOptions(here string) []option {
	return slices.Concat([]option{
		{key: "file", missing: "section [%s] has no file value", field: into(&server.Path, parseSocketPath).with("here", here), doc: "path of the socket"},
	}, server.credentialOptions(), []option{
		{key: "chown", field: into(&server.Owner, named("sockchown", parseOwner)), doc: "its owner, user or user:group; default: supervisord's"},
		{key: "chmod", def: "0700", field: into(&server.Mode, named("chmod", parseMode)), doc: "its mode"},
	}, server.accessOptions("*"))
}

// inetOptions are those of [inet_http_server].
func (server *Server) inetOptions() []option {
	return slices.Concat(server.credentialOptions(), []option{
		{key: "port", missing: "section [%s] has no port value", field: field{&server.Port, server.readAddress}, doc: "host:port; *:port or :port for all interfaces, [::1]:port for IPv6; required"},
	}, server.accessOptions("10.0.0.0/8"))
}

// credentialOptions and accessOptions say who may use a server; proxies is an example.
func (server *Server) credentialOptions() []option {
	return []option{
		{key: "username", field: into(&server.Username, asIs), doc: "ask for this name and password; default: ask for nothing"},
		{key: "password", secret: true, field: into(&server.Password, asIs), doc: "plain, or {SHA} and the SHA-1 in hexadecimal"},
	}
}

func (server *Server) accessOptions(proxies string) []option {
	return []option{
		{key: "allowed_hosts", example: "ops.example.com", ours: true, field: into(&server.AllowedHosts, listOf(parseHostPattern)), doc: "names, besides its own, by which browsers may reach this server"},
		{key: "trusted_proxies", example: proxies, ours: true, field: into(&server.TrustedProxies, listOf(parsePeer)), doc: "proxies whose X-Forwarded-Host counts: addresses, networks, or * for all"},
		{key: "max_connections", example: "512", ours: true, field: into(&server.MaxConnections, between("a number", ParseInt, 16, 1<<20)), doc: "at once; when all are there, the one that was idle longest makes room"},
	}
}

// priority is the option of each section that is a group.
func (g *Group) priority(def string) option {
	return option{key: "priority", def: def, field: into(&g.Priority, ParseInt), doc: "low numbers start first and stop last"}
}

// options are those of [group:x].
func (g *Group) options(programs *[]string) []option {
	return []option{
		{key: "programs", field: into(programs, listOf(asIs)), doc: "names of programs, separated by commas; required"},
		g.priority("999"),
	}
}

// listenerOptions are those that [eventlistener:x] has and a program does not, and those
// whose rules differ.
func (g *Group) listenerOptions(s *section) []option {
	l := g.Listener
	return []option{
		g.priority("-1"),
		{key: "buffer_size", def: "10", field: into(&l.BufferSize, s.parseBufferSize), doc: "events to keep while all processes are busy; then the oldest is dropped"},
		{key: "result_handler", def: DefaultHandler, field: into(&l.ResultHandler, s.parseHandler), doc: "what reads the results"},
		{key: "payload_length", def: "characters", ours: true, field: into(&l.LengthInBytes, words[bool]{{"characters", false}, {"bytes", true}}.parse), doc: "what len counts: characters, as supervisor does, or bytes"},
		{key: "events", missing: noEvents, field: into(&l.Events, s.parseEvents), doc: "types of events to send, separated by commas; required"},
		{key: "redirect_stderr", def: "false", field: field{read: readNotRedirected}, doc: "has to stay false for a listener"},
	}
}

// options are those of the socket of [fcgi-program:x].
func (f *FastCGI) options(program string) []option {
	return []option{
		{key: "socket_backlog", field: into(&f.Backlog, parseBacklog), doc: "length of the queue of connections; default: the system's maximum"},
		{key: "socket_owner", field: into(&f.Owner, named("socket_owner", parseOwner)), doc: "owner of a unix socket, user or user:group; default: the program's user"},
		{key: "socket_mode", def: "0700", field: into(&f.Mode, named("socket_mode", parseMode)), doc: "mode of a unix socket"},
		{key: "socket", missing: noSocket, field: into(&f.URL, asIs).with("program_name", program), doc: "unix://PATH or tcp://HOST:PORT; required"},
	}
}

// sharedOptions are those of a program that are the same for all of its processes. They
// are read first (fact 40).
func (p *program) sharedOptions() []option {
	c := &p.process
	return []option{
		{key: "priority", def: "999", field: into(&c.Priority, ParseInt), doc: "low numbers start first and stop last"},
		{key: "autostart", def: "true", field: into(&c.Autostart, parseBool), doc: "start together with supervisord"},
		{key: "autorestart", def: "unexpected", field: into(&c.Autorestart, parseAutorestart), doc: "after a run ended: true, false, or unexpected (exit status not in exitcodes)"},
		{key: "startsecs", def: "1", field: into(&c.StartFor, seconds), doc: "seconds to stay up until a start counts as successful; 0: at once"},
		{key: "startretries", def: "3", field: into(&c.StartRetries, parseRetries), doc: "failed starts in a row before giving up (FATAL)"},
		{key: "stopsignal", def: "TERM", field: into(&c.StopSignal, parseStop), doc: "signal that asks for the end, by name or number; or several, each with a time to wait: TERM:10 INT:5 KILL"},
		{key: "stopwaitsecs", def: "10", field: into(&c.StopWait, seconds), doc: "seconds to wait for the end before KILL"},
		{key: "stopasgroup", def: "false", field: into(&c.StopAsGroup, parseBool), doc: "send stopsignal to the whole process group; implies killasgroup"},
		{key: "killasgroup", def: "false", field: into(&c.KillAsGroup, parseBool), doc: "send KILL to the whole process group"},
		{key: "exitcodes", def: "0", field: into(&c.ExitCodes, parseExitCodes), doc: "exit statuses that are expected, separated by commas"},
		{key: "redirect_stderr", def: "false", field: into(&c.RedirectStderr, parseBool), doc: "true: errors go where the output goes"},
		{key: "numprocs", def: "1", field: into(&p.numprocs, parseNumProcs), doc: "how many processes to run, at most 100000"},
		{key: "numprocs_start", def: "0", field: into(&p.firstNum, ParseInt), doc: "the number of the first one"},
		{key: "stdout_capture_maxbytes", def: "0", field: into(&c.Stdout.CaptureMaxBytes, ParseBytes), doc: "size of the buffer for output between communication tokens; default 0: off"},
		{key: "stdout_events_enabled", def: "false", field: into(&c.Stdout.Events, parseBool), doc: "emit PROCESS_LOG_STDOUT events"},
		{key: "stderr_capture_maxbytes", def: "0", field: into(&c.Stderr.CaptureMaxBytes, ParseBytes), doc: "as for stdout"},
		{key: "stderr_events_enabled", def: "false", field: into(&c.Stderr.Events, parseBool), doc: "emit PROCESS_LOG_STDERR events"},
		{key: "serverurl", field: into(&c.ServerURL, parseServerURL), doc: "SUPERVISOR_SERVER_URL for the program; AUTO: the first server above"},
		{key: "user", field: into(&c.User, ParseUser), doc: "run as this user (name or uid); supervisord must be root"},
		{key: "umask", field: into(&c.Umask, pointer(ParseOctal)), doc: "umask; default: supervisord's"},
		{key: "environment", secret: true, field: field{&c.Environment, p.keepEnvironment}, doc: "variables to add; quote values with characters other than letters and digits"},
		{key: "process_name", def: "%(program_name)s", field: field{&c.Name, p.keepName}, doc: "name of each process; needs %(process_num)d if numprocs is above 1"},
	}
}

// restartOptions say when a process is started again, and what its end means for others.
func (p *program) restartOptions() []option {
	c := &p.process
	d := &c.Delays
	return []option{
		{key: "backoff_delay", example: "2s", ours: true, field: into(&d.Delay, positive(parseDuration)), doc: "wait before an automatic start, after a failed one or an exit; default: as supervisor does"},
		{key: "backoff_factor", def: "2", needs: "backoff_delay", ours: true, field: into(&d.Factor, between("a number", parseDecimal, 1, 100)), doc: "each further wait in a row is that much longer"},
		{key: "backoff_limit", def: "60s", needs: "backoff_delay", ours: true, field: into(&d.Limit, positive(parseDuration)), doc: "the longest wait"},
		{key: "backoff_jitter", def: "0.1", needs: "backoff_delay", ours: true, field: into(&d.Jitter, between("a number", parseDecimal, 0, 1)), doc: "each wait is longer or shorter by up to this share"},
		{key: "backoff_reset", example: "20s", needs: "backoff_delay", ours: true, field: into(&d.Reset, positive(parseDuration)), doc: "after a run longer than this the waits begin again; default: 10 times backoff_delay, at least startsecs"},
		{key: "start_limit", example: "5/60s", ours: true, field: into(&c.StartLimit, parseStartLimit), doc: "one more start within that time is not made (FATAL), however long each run was; default: no limit"},
		{key: "start_delay", def: "0", ours: true, field: into(&c.StartDelay, parseDuration), doc: "wait before the first start by autostart"},
		{key: "oneshot", def: "false", ours: true, field: into(&c.Oneshot, parseBool), doc: "true: it does its work and ends; an exit status in exitcodes is success, another one a failed start"},
		{key: "essential", def: "no", ours: true, field: into(&c.Essential, essentials.parse), doc: "fatal: supervisord ends when this program is FATAL; exit: also when it ended for good"},
		{key: templateKey, example: "web", ours: true, field: field{read: readTemplate}, doc: "take the keys that are missing here from [template:web]; of several, with commas, later ones win"},
	}
}

// scaleOptions are about what supervisorctl changes at run time.
func (p *program) scaleOptions() []option {
	count := between("a number", ParseInt, 1, mostProcs)
	return []option{
		{key: "numprocs_min", def: "1", ours: true, field: into(&p.fewest, count), doc: "the fewest processes that supervisorctl scale permits"},
		{key: "numprocs_max", def: "100000", ours: true, field: into(&p.most, count), doc: "the most processes that it permits"},
		{key: "keep_stopped", def: "false", ours: true, field: into(&p.process.KeepStopped, parseBool), doc: "true: once stopped by hand it stays so over restarts of supervisord and updates, until it is started by hand"},
	}
}

// eachOptions may refer to the number and the environment of a process.
func (p *program) eachOptions() []option {
	c := &p.process
	return slices.Concat([]option{
		{key: "directory", field: into(&c.Directory, asIs), doc: "working directory; default: supervisord's"},
	}, p.stdout.options(), p.stderr.options(), p.checkOptions(), p.orderOptions(), []option{
		{key: "command", missing: "program section %s does not specify a command", field: into(&c.Command, asIs), doc: "what to run, without a shell; searched in PATH if it has no slash; required"},
	})
}

// checkOptions say when a program is ready and whether it is healthy.
func (p *program) checkOptions() []option {
	h := &p.process.Checks
	return []option{
		{key: "ready", example: "tcp:localhost:8080", ours: true, field: field{&h.Ready, readTarget(&h.Ready, health.ParseReady)}, doc: "RUNNING waits for this: notify, fd:, tcp:, unix:, http:, https:, exec:, log: or file:"},
		{key: "ready_timeout", def: "60s", ours: true, field: into(&h.ReadyTimeout, parseDuration), doc: "a start that is not ready by then has failed"},
		{key: "ready_interval", example: "1s", ours: true, field: into(&h.ReadyInterval, parseDuration), doc: "time between two looks; default: grows from 50ms to 1s"},
		{key: "health", example: "http://localhost:8080/health", ours: true, field: field{&h.Health, readTarget(&h.Health, health.ParseHealth)}, doc: "what is asked while it runs: tcp:, unix:, http:, https: or exec:"},
		{key: "health_interval", def: "30s", ours: true, field: into(&h.Interval, parseDuration), doc: "time between two checks"},
		{key: "health_timeout", def: "5s", ours: true, field: into(&h.Timeout, parseDuration), doc: "a check without an answer by then has failed; counts for ready as well"},
		{key: "health_retries", def: "3", ours: true, field: into(&h.Retries, between("a number", ParseInt, 1, 1000)), doc: "checks that fail in a row until the program is unhealthy"},
		{key: "health_start_period", def: "0", ours: true, field: into(&h.StartPeriod, parseDuration), doc: "failed checks do not count until then, or until one succeeds"},
		{key: "health_action", def: "restart", ours: true, field: into(&h.Action, parseAction), doc: "for an unhealthy program: restart, stop, signal:NAME or none"},
		{key: "watchdog", example: "30s", ours: true, field: into(&h.Watchdog, parseDuration), doc: "the program has to send WATCHDOG=1 (sd_notify) within this time, again and again"},
		{key: "watchdog_signal", def: "ABRT", ours: true, field: into(&h.WatchdogSignal, ParseSignal), doc: "sent first if it does not"},
	}
}

// orderOptions say what a program waits for.
func (p *program) orderOptions() []option {
	c := &p.process
	return []option{
		{key: "depends_on", example: "db,cache:started", ours: true, field: into(&c.DependsOn, asIs), doc: "start after these: NAME, GROUP:* or GROUP:PROCESS, with :ready (default), :started, :healthy, :done or :exited"},
		{key: "on_dependency", def: "keep", needs: "depends_on", ours: true, field: into(&c.OnDependency, order.ParseOnDependency), doc: "when one of these stops or dies: keep running, restart when it is back, or stop"},
	}
}

// options are those of the log of one channel.
func (ch *channel) options() []option {
	log := ch.log
	return []option{
		{key: ch.name + "_logfile", def: "AUTO", field: field{&log.File, ch.readFile}, doc: "file, NONE, or AUTO (default): a file in childlogdir that does not survive a restart"},
		{key: ch.name + "_logfile_backups", def: "10", field: into(&log.Backups, ParseInt), doc: "rotated files to keep; 0: none"},
		{key: ch.name + "_logfile_maxbytes", def: "50MB", field: into(&log.MaxBytes, ParseBytes), doc: "rotate at this size (KB, MB, GB); 0: never"},
		{key: ch.name + "_syslog", def: "false", field: into(&log.Syslog, parseBool), doc: "copy to syslog as well"},
	}
}

// factory is the option of a section that names code.
func (p *Plugin) factory(key string) option {
	return option{key: key, missing: "section [%s] does not specify a " + key, field: into(&p.Factory, asIs)}
}

// includeOptions are those of [include].
func includeOptions(patterns *string) []option {
	return []option{
		{key: "files", missing: ".ini file has [include] section, but no files setting", field: into(patterns, asIs)},
	}
}
