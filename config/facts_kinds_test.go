package config_test

import (
	"fmt"
	"strings"
	"testing"

	"reeve/config"
)

func Test081to086Listeners(t *testing.T) {
	const l = "[eventlistener:l]\ncommand=x\n"
	checkFacts(t, []fact{
		{"081 defaults", l + "events=TICK_5", "-1 999 10 TICK_5 supervisor.dispatchers:default_handler"},
		{"081 no events", l, `Error: [eventlistener:l] section requires an "events" line`},
		{"081 a small buffer", l + "events=TICK\nbuffer_size=0", "Error: [eventlistener:l] section sets invalid buffer_size (0)"},
		{"082 any case, no doubles", l + "events=tick_5, Process_State,TICK_5", "-1 999 10 TICK_5,PROCESS_STATE supervisor.dispatchers:default_handler"},
		{"082 unknown", l + "events=TICK,FOO", "Error: Unknown event type FOO in [eventlistener:l] events"},
		{"10C 1 a length in bytes", l + "events=TICK\npayload_length=Bytes", "-1 999 10 TICK supervisor.dispatchers:default_handler bytes"},
		{"10C 1 a length in inches", l + "events=TICK\npayload_length=inches", "Error: invalid payload_length value 'inches', neither characters nor bytes, in section [eventlistener:l] (file: 'DIR/s.conf')"},
		{"083 a priority is both", l + "events=TICK\npriority=7", "7 7 10 TICK supervisor.dispatchers:default_handler"},
		{"084 redirected", l + "events=TICK\nredirect_stderr=true", "Error: [eventlistener:l] section sets redirect_stderr=true but this is not allowed " +
			"because it will interfere with the eventlistener protocol"},
	}, func(cfg *config.Config) string {
		g := cfg.Groups[0]
		unit := map[bool]string{true: " bytes"}[g.Listener.LengthInBytes]
		return fmt.Sprint(g.Priority, " ", process(cfg).Priority, " ", g.Listener.BufferSize, " ", strings.Join(g.Listener.Events, ","), " ", g.Listener.ResultHandler, unit)
	})
}

func Test077to080FastCGI(t *testing.T) {
	const f = "[fcgi-program:f]\ncommand=x\n"
	checkFacts(t, []fact{
		{"077 no socket", f, `Error: [fcgi-program:f] section requires a "socket" line`},
		{"078 unix", f + "socket=unix://%(here)s/d/../%(program_name)s", "unix://DIR/f unix DIR/f 0 700 <nil>"},
		{"078 tcp", f + "socket=tcp://HOST:9", "tcp://host:9 tcp host:9 0 700 <nil>"},
		{"078 relative", f + "socket=unix://x", "Error: Unix socket path x is not an absolute path in [fcgi-program:f] socket"},
		{"078 bad", f + "socket=x", "Error: Bad socket format x in [fcgi-program:f] socket"},
		{"078 a port too big", f + "socket=tcp://h:99999", "Error: 99999 is above upper bound (65535) in [fcgi-program:f] socket"},
		{"077 backlog", f + "socket=tcp://h:1\nsocket_backlog=5", "tcp://h:1 tcp h:1 5 700 <nil>"},
		{"077 a bad backlog", f + "socket=tcp://h:1\nsocket_backlog=70000", "Error: Invalid socket_backlog value 70000"},
		{"077 mode and owner", f + "socket=unix:///s\nsocket_mode=0770\nsocket_owner=root", "unix:///s unix /s 0 770 &{0 -1}"},
		{"077 a bad mode", f + "socket=unix:///s\nsocket_mode=z", "Error: Invalid socket_mode value z"},
		{"077 a bad owner", f + "socket=unix:///s\nsocket_owner=no-such-user", "Error: Invalid socket_owner value no-such-user"},
		{"079 owned tcp", f + "socket=tcp://h:1\nsocket_mode=0700", "Error: socket_owner and socket_mode params should only be used with a Unix domain socket" +
			" in [fcgi-program:f] socket"},
		{"10C 7 in a group", f + "socket=tcp://h:1\n[group:g]\nprograms=f", "tcp://h:1 tcp h:1 0 700 <nil>"},
	}, func(cfg *config.Config) string {
		s := process(cfg).FastCGI
		return fmt.Sprintf("%s %s %s %d %o %v", s.URL, s.Network, s.Address, s.Backlog, s.Mode, s.Owner)
	})
}

func Test087to091Servers(t *testing.T) {
	const inet = "[inet_http_server]\n"
	const unix = "[unix_http_server]\n"
	checkFacts(t, []fact{
		{"087 a port", inet + "port=9001", "http://localhost:9001; :9001"},
		{"087 all interfaces", inet + "port=*:9001", "http://localhost:9001; :9001"},
		{"087 a host", inet + "port=HOST:1", "http://host:1; host:1"},
		{"087 none", inet, "Error: section [inet_http_server] has no port value"},
		{"087 no number", inet + "port=x", "Error: not a valid port number: 'x' "},
		{"087 zero", inet + "port=h:0", "Error: 0 is below lower bound (1)"},
		{"087 too big", inet + "port=h:65536", "Error: 65536 is above upper bound (65535)"},
		{"088 a file", unix + "file=%(here)s/d/../s", "unix://DIR/s; DIR/s 700 <nil>"},
		{"088 none", unix, "Error: section [unix_http_server] has no file value"},
		{"088 mode and owner", unix + "file=/s\nchmod=0770\nchown=root:0", "unix:///s; /s 770 &{0 0}"},
		{"088 a bad mode", unix + "file=/s\nchmod=z", "Error: Invalid chmod value z"},
		{"088 a bad owner", unix + "file=/s\nchown=no-such-user", "Error: Invalid sockchown value no-such-user"},
		{"089 half an authentication", inet + "port=1\nusername=u", "Error: Section [inet_http_server] contains incomplete authentication: " +
			"If a username or a password is specified, both the username and password must be specified"},
		{"089 both", inet + "port=1\nusername=u\npassword=%(ENV_N)s", "http://localhost:1; :1 u 5"},
		{"090 inet before unix", "[unix_http_server:b]\nfile=/b\n[inet_http_serverX]\nport=1\n" + unix + "file=/s", "unix:///b; :1; /b 700 <nil>; /s 700 <nil>"},
		{"091 none", "", ""},
		{"044 here is not known", inet + "port=%(here)s", "Error: Format string '%(here)s' for 'inet_http_server.port' contains names ('here') which " +
			"cannot be expanded. Available names: ENV_HOME, ENV_N, ENV_PCT"},
	}, func(cfg *config.Config) string {
		all := []string{cfg.ServerURL}
		for _, s := range cfg.Servers {
			text := fmt.Sprintf("%s:%d", s.Host, s.Port)
			if s.Path != "" {
				text = fmt.Sprintf("%s %o %v", s.Path, s.Mode, s.Owner)
			}
			if s.Username != "" {
				text += " " + s.Username + " " + s.Password
			}
			all = append(all, text)
		}
		return strings.Join(all, "; ")
	})
}

func Test092Plugins(t *testing.T) {
	const r = "[rpcinterface:supervisor]\n"
	const factory = "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
	checkFacts(t, []fact{
		{"092 the stock one", r + factory + "x=%(ENV_N)s", "supervisor map[x:5]"},
		{"092 none", r, "Error: section [rpcinterface:supervisor] does not specify a supervisor.rpcinterface_factory"},
		{"010 inherited arguments", r + factory + "[DEFAULT]\nd=1", "supervisor map[d:1]"},
	}, func(cfg *config.Config) string {
		return cfg.RPCInterfaces[0].Name + " " + fmt.Sprint(cfg.RPCInterfaces[0].Options)
	})
	for name, text := range map[string]string{
		"x:y cannot be resolved within [rpcinterface:supervisor]": r + "supervisor.rpcinterface_factory=x:y",
		"x:y cannot be resolved within [eventlistener:l]":         "[eventlistener:l]\ncommand=x\nevents=TICK\nresult_handler=x:y",
	} {
		_, _, err := loadFiles(t, map[string]string{"s.conf": "[supervisord]\n" + text})
		if err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("error %v, want one that begins with %s", err, name)
		}
	}
}
