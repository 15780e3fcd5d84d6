package config

import (
	"slices"
	"time"
)

// dump renders a configuration with the names and types of upstream's objects;
// testdata/oracle.py does the same with those.
func dump(c *Config) map[string]any {
	s := c.Supervisord
	d := map[string]any{
		"logfile": s.Logfile, "logfile_maxbytes": s.LogfileMaxBytes, "logfile_backups": s.LogfileBackups, "loglevel": s.LogLevel,
		"pidfile": s.Pidfile, "umask": s.Umask, "directory": orNil(s.Directory), "nodaemon": s.NoDaemon, "silent": s.Silent,
		"minfds": s.MinFDs, "minprocs": s.MinProcs, "nocleanup": s.NoCleanup, "childlogdir": s.ChildLogDir, "strip_ansi": s.StripANSI,
		"identifier": s.Identifier, "environment": varMap(s.Environment), "serverurl": orNil(c.ServerURL), "uid": uidOf(s.User),
		"warnings": c.Warnings, "infos": c.Infos,
	}
	var plugins, servers, groups []any
	for _, p := range c.RPCInterfaces {
		plugins = append(plugins, []any{p.Name, p.Options})
	}
	for _, s := range c.Servers {
		m := map[string]any{"section": s.Section, "username": orNil(s.Username), "password": orNil(s.Password)}
		if s.Path == "" {
			m["host"], m["port"] = s.Host, s.Port
		} else {
			m["file"], m["chmod"], m["chown"] = s.Path, s.Mode, []int{-1, -1}
			if s.Owner != nil {
				m["chown"] = []int{s.Owner.UID, s.Owner.GID}
			}
		}
		servers = append(servers, m)
	}
	for _, g := range c.Groups {
		groups = append(groups, dumpGroup(g))
	}
	d["rpcinterfaces"], d["servers"], d["groups"] = plugins, servers, groups
	return d
}

func dumpGroup(g *Group) map[string]any {
	kinds := []string{"ProcessGroupConfig", "ProcessGroupConfig", "EventListenerPoolConfig", "FastCGIGroupConfig"}
	d := map[string]any{"name": g.Name, "priority": g.Priority, "kind": kinds[g.Kind]}
	var processes []any
	for _, p := range g.Processes {
		processes = append(processes, dumpProcess(p))
	}
	d["processes"] = processes
	if g.Listener != nil {
		d["buffer_size"], d["events"] = g.Listener.BufferSize, slices.Sorted(slices.Values(g.Listener.Events))
	}
	if g.Kind == KindFastCGI && len(g.Processes) > 0 {
		f := g.Processes[0].FastCGI
		m := map[string]any{"url": f.URL, "backlog": nil, "owner": nil, "mode": nil}
		if f.Backlog > 0 {
			m["backlog"] = f.Backlog
		}
		if f.Network == "unix" {
			m["mode"] = f.Mode
		}
		if f.Owner != nil {
			m["owner"] = []int{f.Owner.UID, f.Owner.GID}
		}
		d["socket"] = m
	}
	return d
}

func dumpProcess(p *Process) map[string]any {
	d := map[string]any{
		"name": p.Name, "uid": uidOf(p.User), "command": p.Command, "directory": orNil(p.Directory), "umask": nil, "priority": p.Priority,
		"autostart": p.Autostart, "autorestart": []any{false, "unexpected", true}[p.Autorestart], "startsecs": p.StartFor / time.Second,
		"startretries": p.StartRetries, "stopsignal": int(p.StopSignal.First()), "stopwaitsecs": p.StopWait / time.Second,
		"stopasgroup": p.StopAsGroup, "killasgroup": p.KillAsGroup, "exitcodes": p.ExitCodes, "redirect_stderr": p.RedirectStderr,
		"environment": varMap(p.Environment), "serverurl": urlOf(p),
	}
	if p.Umask != nil {
		d["umask"] = *p.Umask
	}
	for name, log := range map[string]LogConfig{"stdout": p.Stdout, "stderr": p.Stderr} {
		d[name+"_logfile"] = orNil(log.File)
		if log.Auto {
			d[name+"_logfile"] = "AUTO"
		}
		d[name+"_logfile_maxbytes"], d[name+"_logfile_backups"] = log.MaxBytes, log.Backups
		d[name+"_capture_maxbytes"], d[name+"_events_enabled"], d[name+"_syslog"] = log.CaptureMaxBytes, log.Events, log.Syslog
	}
	return d
}

func urlOf(p *Process) any {
	if p.ServerURL == nil {
		return nil
	}
	return *p.ServerURL
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func uidOf(u *User) any {
	if u == nil {
		return nil
	}
	return u.UID
}
