package compat

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// keyRow is a key of config.Changes in a configuration before and after an update, and how
// one can see that it is in force. An update of TestUpdateLive carries all of them out at
// once.
type keyRow struct {
	key string
	// before and after are lines of [program:KEY], or sections if they begin with [.
	before, after string
	// run is the command of the program: an actor (children_actor_test.go) with these
	// arguments if it begins with "actor", empty: one that does nothing.
	run   string
	plan  []string // lines of the plan; nil: what the row of config.Changes says
	stays []string // processes that keep their pid; nil: KEY if it does not take a restart
	// ready does what takes time, shows waits for what is to be seen. pid is that of KEY.
	ready, shows func(in *instance, pid int)
}

// order gives the actor of a key an order, as soon as it listens.
func (in *instance) order(key, order string) {
	in.t.Helper()
	in.await("listening of "+key, func() bool { return in.tell(in.path("actors/"+key+":"+key), order) })
}

func (in *instance) awaitState(name, state string) {
	in.t.Helper()
	in.await(name+" "+state, func() bool { return in.state(name) == state })
}

// crashes has the actor of a key end that often, and waits each time for the next child:
// a wait of the configuration before would be far too long.
func crashes(key string, times int) func(*instance, int) {
	return func(in *instance, pid int) {
		for range times {
			in.order(key, "exit 0")
			pid = in.awaitAnother(key, pid)
		}
	}
}

// says has the actor of a key write to a channel until an event with that was heard.
func says(key, channel, before, what, after string) func(*instance, int) {
	return func(in *instance, _ int) {
		in.await(what+" of "+key, func() bool {
			in.order(key, channel+" "+before+what+after+`\n`)
			return in.has("heard", what, 1)
		})
	}
}

// rotates has the actor of a key write until its log has that backup.
func rotates(key, channel, backup string) func(*instance, int) {
	return func(in *instance, _ int) {
		in.await("rotation of "+key, func() bool {
			in.order(key, channel+" "+strings.Repeat("x", 60)+`\n`)
			return fileExists(in.path(backup))
		})
	}
}

// signalled stops a program and looks which signal it got.
func signalled(key, signal string) func(*instance, int) {
	return func(in *instance, _ int) {
		in.stop(key)
		if !strings.Contains(in.output(key), "got "+signal) {
			in.t.Errorf("%s did not get %s", key, signal)
		}
	}
}

// verdict waits until health says so.
func verdict(key, want string) func(*instance, int) {
	return func(in *instance, _ int) {
		in.await(key+" "+want, func() bool {
			v, err := in.call("reeve.getProcess", key)
			return err == nil && v.member("health").text == want
		})
	}
}

// runs waits until a process is RUNNING.
func runs(name string) func(*instance, int) {
	return func(in *instance, _ int) { in.awaitState(name, "RUNNING") }
}

// scaled scales a program.
func scaled(key, count string) func(*instance, int) {
	return func(in *instance, _ int) {
		if out := in.ctlOut("0", "scale", key, count); out == "" {
			in.t.Errorf("scale %s printed nothing", key)
		}
	}
}

// remote sends an event that anybody may send.
func (in *instance) remote(text string) {
	in.t.Helper()
	_, err := in.call("supervisor.sendRemoteCommEvent", "test", text)
	in.must(err)
}

const (
	begin  = "<!--XSUPERVISOR:BEGIN-->"
	end    = "<!--XSUPERVISOR:END-->"
	delays = "autorestart=true\nbackoff_jitter=0\nbackoff_delay="
	sick   = "health=exec:/bin/false\nhealth_interval=100ms\nhealth_action=none\n"
	many   = "process_name=%(program_name)s_%(process_num)d\n"
)

// listener is a section of an event listener.
func listener(key, command, lines string) string {
	return fmt.Sprintf("[eventlistener:%s]\ncommand=%s\n%s", key, command, lines)
}

// fastcgi is a section of a program with a socket.
func fastcgi(key, lines string) string {
	return fmt.Sprintf("[fcgi-program:%s]\ncommand=/bin/sleep 600\nstartsecs=0\nsocket=unix://{{.Dir}}/%s", key, lines)
}

// group is two programs, of which one is in a group and the other joins it.
func group(lines string) string {
	return "[group:programs]\nprograms=programs_a" + lines + "\n[program:programs_a]\ncommand=/bin/cat\nstartsecs=0\n[program:programs_b]\ncommand=/bin/cat\nstartsecs=0"
}

// deafListener is READY once, and then busy for ever.
const deafListener = `/bin/sh -c "printf 'READY\n'; read line; exec sleep 600"`

// keyRows are in the order of config.Changes.
var keyRows = []keyRow{
	{key: "priority", before: "priority=1", after: "priority=2000"}, // shows at the end
	{key: "autostart", before: "autostart=true", after: "autostart=false"},
	{key: "autorestart", before: "autorestart=false", after: "autorestart=true", run: "actor", shows: crashes("autorestart", 1)},
	{key: "startsecs", before: "startsecs=0", after: "startsecs=1"},
	{key: "startretries", before: "startsecs=3600\nstartretries=1000", after: "startsecs=3600\nstartretries=0", run: "actor", shows: func(in *instance, _ int) {
		in.order("startretries", "exit 1")
		in.awaitState("startretries", "FATAL")
	}},
	{key: "stopsignal", before: "stopsignal=USR2", after: "stopsignal=USR1", run: "actor end=USR1", shows: signalled("stopsignal", "SIGUSR1")},
	{key: "stopwaitsecs", before: "stopwaitsecs=3600", after: "stopwaitsecs=0", run: "actor on=hold", shows: func(in *instance, _ int) { in.stop("stopwaitsecs") }},
	{key: "stopasgroup", before: "stopasgroup=false", after: "stopasgroup=true", shows: func(in *instance, pid int) {
		in.stop("stopasgroup")
		in.awaitLog(fmt.Sprintf("killing stopasgroup (pid %d) process group with signal SIGTERM", pid))
	}},
	{key: "killasgroup", before: "stopwaitsecs=0\nkillasgroup=false", after: "stopwaitsecs=0\nkillasgroup=true", run: "actor on=hold", shows: func(in *instance, pid int) {
		in.stop("killasgroup")
		in.awaitLog(fmt.Sprintf("killing killasgroup (pid %d) process group with signal SIGKILL", pid))
	}},
	{key: "exitcodes", before: "autorestart=unexpected", after: "autorestart=unexpected\nexitcodes=0,3", run: "actor", shows: func(in *instance, _ int) {
		in.order("exitcodes", "exit 3")
		in.awaitState("exitcodes", "EXITED")
		in.awaitLog("exited: exitcodes (exit status 3; expected)")
	}},
	{key: "redirect_stderr", before: "stderr_logfile=NONE", after: "stderr_logfile=NONE\nredirect_stderr=true"},
	{
		key: "numprocs", before: many + "numprocs=3", after: many + "numprocs=2",
		plan: []string{"numprocs:numprocs_2: remove"}, stays: []string{"numprocs:numprocs_0", "numprocs:numprocs_1"},
	},
	{
		key: "numprocs_start", before: many + "numprocs=2\nnumprocs_start=0", after: many + "numprocs=2\nnumprocs_start=1",
		plan:  []string{"numprocs_start:numprocs_start_0: remove", "numprocs_start:numprocs_start_2: add"},
		stays: []string{"numprocs_start:numprocs_start_1"}, shows: runs("numprocs_start:numprocs_start_2"),
	},
	{
		key: "stdout_capture_maxbytes", before: "stdout_capture_maxbytes=0", after: "stdout_capture_maxbytes=1KB", run: "actor",
		shows: says("stdout_capture_maxbytes", "out", begin, "what is captured of its output", end),
	},
	{
		key: "stdout_events_enabled", before: "stdout_events_enabled=false", after: "stdout_events_enabled=true", run: "actor",
		shows: says("stdout_events_enabled", "out", "", "what is to be heard of its output", ""),
	},
	{
		key: "stderr_capture_maxbytes", before: "stderr_capture_maxbytes=0", after: "stderr_capture_maxbytes=1KB", run: "actor",
		shows: says("stderr_capture_maxbytes", "err", begin, "what is captured of its errors", end),
	},
	{
		key: "stderr_events_enabled", before: "stderr_events_enabled=false", after: "stderr_events_enabled=true", run: "actor",
		shows: says("stderr_events_enabled", "err", "", "what is to be heard of its errors", ""),
	},
	{key: "serverurl", before: "serverurl=http://localhost:1", after: "serverurl=http://localhost:2"},
	{key: "user", before: "", after: "user={{.User}}"},
	{key: "umask", before: "umask=022", after: "umask=077"},
	{key: "environment", before: "environment=A=1", after: "environment=A=2"},
	{
		key: "process_name", before: "process_name=old", after: "process_name=new",
		plan: []string{"process_name:new: add", "process_name:old: remove"}, stays: []string{}, shows: runs("process_name:new"),
	},
	{key: "backoff_delay", before: delays + "1h", after: delays + "10ms", run: "actor", shows: crashes("backoff_delay", 1)},
	{
		key: "backoff_factor", before: delays + "100ms\nbackoff_limit=24h\nbackoff_factor=100\nbackoff_reset=24h",
		after: delays + "100ms\nbackoff_limit=24h\nbackoff_factor=1\nbackoff_reset=24h", run: "actor", shows: crashes("backoff_factor", 4),
	},
	{
		key: "backoff_limit", before: delays + "100ms\nbackoff_limit=24h\nbackoff_factor=100\nbackoff_reset=24h",
		after: delays + "100ms\nbackoff_limit=100ms\nbackoff_factor=100\nbackoff_reset=24h", run: "actor", shows: crashes("backoff_limit", 4),
	},
	{key: "backoff_jitter", before: "autorestart=true\nbackoff_delay=24h\nbackoff_limit=24h\nbackoff_jitter=1", after: "autorestart=true\nbackoff_delay=24h\nbackoff_limit=24h\nbackoff_jitter=0", run: "actor", shows: func(in *instance, _ int) {
		in.order("backoff_jitter", "exit 0")
		in.awaitState("backoff_jitter", "EXITED")
		v, err := in.call("reeve.getProcess", "backoff_jitter")
		in.must(err)
		// Both are rounded to seconds. With a jitter of a day it is another time.
		if wait := atoi(v.member("next_attempt").text) - atoi(v.member("last_exit").member("at").text); wait < 86399 || wait > 86401 {
			in.t.Errorf("backoff_jitter: the wait is %d seconds", wait)
		}
	}},
	{
		key: "backoff_reset", before: delays + "100ms\nbackoff_limit=24h\nbackoff_factor=100\nbackoff_reset=24h",
		after: delays + "100ms\nbackoff_limit=24h\nbackoff_factor=100\nbackoff_reset=1ms", run: "actor", shows: crashes("backoff_reset", 4),
	},
	{key: "start_limit", before: "autorestart=true", after: "autorestart=true\nstart_limit=1/1h", run: "actor", shows: func(in *instance, pid int) {
		in.order("start_limit", "exit 0")
		next := in.awaitAnother("start_limit", pid)
		in.must(syscall.Kill(next, syscall.SIGKILL))
		in.awaitState("start_limit", "FATAL")
	}},
	{key: "start_delay", before: "start_delay=1h", after: "start_delay=1ms", stays: []string{}, shows: runs("start_delay")},
	{key: "oneshot", before: "autorestart=false", after: "autorestart=false\noneshot=true"},
	{key: "essential", before: "autorestart=false", after: "autorestart=false\nessential=exit", run: "actor"}, // shows at the end
	{
		key: "template", before: "template=first" + templates, after: "template=second" + templates,
		run: "actor end=USR1", shows: signalled("template", "SIGUSR1"),
	},
	{
		key: "numprocs_min", before: many + "numprocs=2\nnumprocs_min=2", after: many + "numprocs=2\nnumprocs_min=1", plan: []string{},
		stays: []string{"numprocs_min:numprocs_min_0"}, shows: scaled("numprocs_min", "1"),
	},
	{
		key: "numprocs_max", before: many + "numprocs=1\nnumprocs_max=1", after: many + "numprocs=1\nnumprocs_max=2", plan: []string{},
		stays: []string{"numprocs_max:numprocs_max_0"}, shows: scaled("numprocs_max", "2"),
	},
	{key: "keep_stopped", before: "keep_stopped=false", after: "keep_stopped=true", shows: func(in *instance, _ int) {
		in.stop("keep_stopped")
		in.await("a line of the state file", func() bool { return in.has("supervisord.state", `"keep_stopped:keep_stopped"`, 1) })
	}},
	{key: "directory", before: "directory={{.Dir}}", after: "directory={{.Dir}}/logs"},
	{key: "stdout_logfile", before: "stdout_logfile=NONE", after: "stdout_logfile=AUTO"},
	{
		key: "stdout_logfile_backups", before: "stdout_logfile={{.Dir}}/rotated\nstdout_logfile_maxbytes=100\nstdout_logfile_backups=1",
		after: "stdout_logfile={{.Dir}}/rotated\nstdout_logfile_maxbytes=100\nstdout_logfile_backups=2", run: "actor",
		shows: rotates("stdout_logfile_backups", "out", "rotated.2"),
	},
	{
		key: "stdout_logfile_maxbytes", before: "stdout_logfile={{.Dir}}/large", after: "stdout_logfile={{.Dir}}/large\nstdout_logfile_maxbytes=100", run: "actor",
		shows: rotates("stdout_logfile_maxbytes", "out", "large.1"),
	},
	{key: "stdout_syslog", before: "stdout_syslog=false", after: "stdout_syslog=true"},
	{key: "stderr_logfile", before: "stderr_logfile=NONE", after: "stderr_logfile=AUTO"},
	{
		key: "stderr_logfile_backups", before: "stderr_logfile={{.Dir}}/errors\nstderr_logfile_maxbytes=100\nstderr_logfile_backups=1",
		after: "stderr_logfile={{.Dir}}/errors\nstderr_logfile_maxbytes=100\nstderr_logfile_backups=2", run: "actor",
		shows: rotates("stderr_logfile_backups", "err", "errors.2"),
	},
	{
		key: "stderr_logfile_maxbytes", before: "stderr_logfile={{.Dir}}/faults", after: "stderr_logfile={{.Dir}}/faults\nstderr_logfile_maxbytes=100", run: "actor",
		shows: rotates("stderr_logfile_maxbytes", "err", "faults.1"),
	},
	{key: "stderr_syslog", before: "stderr_syslog=false", after: "stderr_syslog=true"},
	{key: "ready", before: "", after: "ready=file:{{.Dir}}/never"},
	{key: "ready_timeout", before: "ready=exec:/bin/true\nready_timeout=1h", after: "ready=exec:/bin/true\nready_timeout=1s"},
	{key: "ready_interval", before: "ready=file:{{.Dir}}/soon\nready_timeout=2h\nready_interval=1h", after: "ready=file:{{.Dir}}/soon\nready_timeout=2h\nready_interval=50ms", shows: func(in *instance, pid int) {
		in.must(in.write("soon", ""))
		in.awaitState("ready_interval", "RUNNING")
		if now := in.child("ready_interval"); now != pid {
			in.t.Errorf("ready_interval: its pid was %d, now it is %d", pid, now)
		}
	}},
	{key: "health", before: "", after: "health=exec:/bin/false\nhealth_interval=100ms\nhealth_retries=1\nhealth_action=signal:USR2", run: "actor", shows: func(in *instance, _ int) {
		in.await("a signal of health", func() bool { return strings.Contains(in.output("health"), "got SIGUSR2") })
	}},
	{key: "health_interval", before: "health=exec:/bin/true\nhealth_interval=1h", after: "health=exec:/bin/true\nhealth_interval=100ms", shows: verdict("health_interval", "healthy")},
	{
		key: "health_timeout", before: slow + "health_timeout=1h", after: slow + "health_timeout=100ms",
		ready: func(in *instance, _ int) { in.must(in.write("hang", "")) }, shows: verdict("health_timeout", "unhealthy"),
	},
	{key: "health_retries", before: sick + "health_retries=1000", after: sick + "health_retries=1", shows: verdict("health_retries", "unhealthy")},
	{
		key: "health_start_period", before: sick + "health_retries=1\nhealth_start_period=1h", after: sick + "health_retries=1\nhealth_start_period=0",
		shows: verdict("health_start_period", "unhealthy"),
	},
	{
		key: "health_action", before: strings.Replace(slow, "exec sleep 600", "false", 1), after: strings.Replace(strings.Replace(slow, "exec sleep 600", "false", 1), "none", "signal:USR2", 1), run: "actor",
		shows: func(in *instance, _ int) {
			in.await("the action", func() bool { return strings.Contains(in.output("health_action"), "got SIGUSR2") })
		},
	},
	{key: "watchdog", before: "watchdog=1h", after: "watchdog=2h"},
	{
		key: "watchdog_signal", before: watched + "watchdog_signal=USR2", after: watched + "watchdog_signal=USR1", run: "actor feeds=yes end=USR1",
		ready: func(in *instance, _ int) { in.order("watchdog_signal", "starve") },
		shows: func(in *instance, _ int) {
			in.await("a signal of the watchdog", func() bool { return strings.Contains(in.output("watchdog_signal"), "got SIGUSR1") })
		},
	},
	{key: "depends_on", before: "depends_on=need1\non_dependency=stop", after: "depends_on=need2\non_dependency=stop", shows: func(in *instance, _ int) {
		in.stop("need2")
		in.awaitState("depends_on", "STOPPED")
	}},
	{key: "on_dependency", before: "depends_on=need3", after: "depends_on=need3\non_dependency=stop", shows: func(in *instance, _ int) {
		in.stop("need3")
		in.awaitState("on_dependency", "STOPPED")
	}},
	{key: "listen", before: held(1, ""), after: held(2, ""), shows: func(in *instance, _ int) {
		in.await("the other socket alone", func() bool {
			_, before := net.Dial("unix", in.path("held1"))
			c, err := net.Dial("unix", in.path("held2"))
			if err == nil {
				_ = c.Close()
			}
			return err == nil && errors.Is(before, syscall.ECONNREFUSED)
		})
	}},
	{key: "listen_mode", before: held(3, "listen_mode=0600"), after: held(3, "listen_mode=0660"), shows: func(in *instance, _ int) {
		in.await("another mode", func() bool {
			s, err := os.Stat(in.path("held3"))
			return err == nil && s.Mode().Perm() == 0o660
		})
	}},
	{key: "listen_owner", before: held(4, ""), after: held(4, "listen_owner={{.User}}"), shows: func(in *instance, _ int) {
		in.await("its owner", func() bool {
			s, err := os.Stat(in.path("held4"))
			return err == nil && int(s.Sys().(*syscall.Stat_t).Uid) == os.Getuid()
		})
	}},
	{key: "listen_backlog", before: held(5, "listen_backlog=5"), after: held(5, "listen_backlog=1"), shows: func(in *instance, _ int) {
		// Nobody accepts: the queue takes one more than its length.
		in.await("a full queue", func() bool {
			c, err := net.DialTimeout("unix", in.path("held5"), time.Second)
			if err == nil {
				in.t.Cleanup(func() { _ = c.Close() })
			}
			return errors.Is(err, syscall.EAGAIN)
		})
	}},
	{key: "listen_reuseport", before: "listen=tcp:127.0.0.1:{{.Port}}", after: "listen=tcp:127.0.0.1:{{.Port}}\nlisten_reuseport=true"},
	{key: "listen_style", run: "actor", before: held(6, ""), after: held(6, "listen_style=fcgi")},
	{
		key: "start_on_connect", run: "actor", before: held(7, "autorestart=false"), after: held(7, "autorestart=false\nstart_on_connect=true"),
		shows: func(in *instance, pid int) {
			in.order("start_on_connect", "exit 0")
			in.await("its end", func() bool { return in.child("start_on_connect") == 0 })
			c, err := net.Dial("unix", in.path("held7"))
			in.must(err)
			in.awaitAnother("start_on_connect", pid)
			_ = c.Close()
		},
	},
	{key: "idle_timeout", before: held(8, ""), after: held(8, "start_on_connect=true\nidle_timeout=3s"), shows: func(in *instance, _ int) {
		in.awaitState("idle_timeout", "STOPPED")
	}},
	{key: "command", before: "command=/bin/cat", after: "command=/bin/cat -u"},
	{
		key: "buffer_size", before: listener("buffer_size", deafListener, "events=REMOTE_COMMUNICATION\nbuffer_size=100"),
		after: listener("buffer_size", deafListener, "events=REMOTE_COMMUNICATION\nbuffer_size=1"),
		shows: func(in *instance, _ int) {
			for range 5 {
				in.remote("one more")
			}
			in.awaitLog("pool buffer_size event buffer overflowed")
		},
	},
	{
		key: "result_handler", before: listener("result_handler", "{{.Child}} listen {{.Dir}}/results payload …", "events=PROCESS_LOG\nresult_handler=supervisor.dispatchers:default_handler"),
		after: listener("result_handler", "{{.Child}} listen {{.Dir}}/results payload …", "events=PROCESS_LOG\nresult_handler=supervisor_stdout:event_handler"),
		shows: func(in *instance, _ int) {
			in.await("a printed line", func() bool {
				in.order("stdout_events_enabled", `out what is to be printed as it is\n`)
				return in.has("daemon.out", "stdout_events_enabled stdout | what is to be printed", 1)
			})
		},
	},
	{
		key: "payload_length", before: listener("payload_length", "{{.Child}} listen {{.Dir}}/x", "events=TICK_3600\npayload_length=characters"),
		after: listener("payload_length", "{{.Child}} listen {{.Dir}}/x", "events=TICK_3600\npayload_length=bytes"),
	},
	{
		key: "events", before: listener("events", "{{.Child}} listen {{.Dir}}/comes", "events=TICK_3600"),
		after: listener("events", "{{.Child}} listen {{.Dir}}/comes", "events=REMOTE_COMMUNICATION"),
		shows: func(in *instance, _ int) {
			in.remote("is it heard?")
			in.await("an event", func() bool { return in.has("comes", "is it heard?", 1) })
		},
	},
	{key: "socket", before: fastcgi("socket", "f1"), after: fastcgi("socket", "f2")},
	{key: "socket_backlog", before: fastcgi("socket_backlog", "f3"), after: fastcgi("socket_backlog", "f3\nsocket_backlog=5")},
	{key: "socket_owner", before: fastcgi("socket_owner", "f4"), after: fastcgi("socket_owner", "f4\nsocket_owner={{.User}}")},
	{key: "socket_mode", before: fastcgi("socket_mode", "f5"), after: fastcgi("socket_mode", "f5\nsocket_mode=0777")},
	{
		key: "programs", before: group(""), after: group(",programs_b"),
		plan:  []string{"programs:programs_b: add", "programs_b: remove"},
		stays: []string{"programs:programs_a"}, shows: runs("programs:programs_b"),
	},
}

// held is a program with a socket of that number.
func held(n int, lines string) string {
	return strings.TrimSuffix(fmt.Sprintf("listen=unix:{{.Dir}}/held%d\n%s", n, lines), "\n")
}

const (
	templates = "\n[template:first]\nstopsignal=USR2\n[template:second]\nstopsignal=USR1"
	// slow hangs as soon as there is a file.
	slow    = "health=exec:/bin/sh -c \"test ! -e {{.Dir}}/hang || exec sleep 600\"\nhealth_interval=100ms\nhealth_retries=1\nhealth_action=none\n"
	watched = "watchdog=5s\nhealth_action=stop\n"
)

// child returns the pid of a program, 0 if it has none.
func (in *instance) child(name string) int {
	v, _ := in.call("supervisor.getProcessInfo", name)
	return atoi(v.member("pid").text)
}
