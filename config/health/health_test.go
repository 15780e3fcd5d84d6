package health

import (
	"encoding/json"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// words splits as far as these tests need it.
func words(text string) ([]string, error) {
	if len(strings.Fields(text)) == 0 {
		return nil, errors.New("command is empty")
	}
	return strings.Fields(text), nil
}

func TestTargets(t *testing.T) {
	for text, want := range map[string]Target{
		"":                                {},
		"fd:3":                            {Kind: Descriptor, FD: 3},
		"fd:1023":                         {Kind: Descriptor, FD: 1023},
		" tcp:localhost:5432 ":            {Kind: TCP, Address: "localhost:5432"},
		"tcp:[::1]:1":                     {Kind: TCP, Address: "[::1]:1"},
		"unix:run/app.sock":               {Kind: Unix, Address: "run/app.sock"},
		"unix:./@app":                     {Kind: Unix, Address: "./@app"},
		"http://127.0.0.1:8080":           {Kind: HTTP, URL: "http://127.0.0.1:8080"},
		"https://[::1]/health?full=1#top": {Kind: HTTP, URL: "https://[::1]/health?full=1"},
		"exec:pg_isready -q":              {Kind: Exec, Argv: []string{"pg_isready", "-q"}},
		"log:^listening on (.*):80$":      {Kind: Line, Pattern: "^listening on (.*):80$"},
		"file:/run/app.pid":               {Kind: File, Address: "/run/app.pid"},
	} {
		want.Text = strings.TrimSpace(text)
		got, err := ParseReady(text, words)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ready=%s: %+v, %v; want %+v", text, got, err, want)
		}
		if want.Kind == TCP || want.Kind == Unix || want.Kind == HTTP || want.Kind == Exec || want.Kind == None {
			if got, err = ParseHealth(text, words); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("health=%s: %+v, %v; want %+v", text, got, err, want)
			}
		}
		saved, err := json.Marshal(got)
		var restored Target
		if err == nil {
			err = json.Unmarshal(saved, &restored)
		}
		if err != nil || !reflect.DeepEqual(restored, got) {
			t.Errorf("%s: saved and restored: %+v, %v", text, restored, err)
		}
	}
}

func TestTargetsThatCannotWork(t *testing.T) {
	for text, want := range map[string]string{
		"yes": "it must be notify, fd:NUMBER, tcp:HOST:PORT, unix:PATH, http://HOST:PORT/PATH, https://HOST:PORT/PATH, exec:COMMAND, " +
			"log:REGEXP or file:PATH",
		"notify:3":                   "it must be notify, fd:NUMBER",
		"TCP:a:1":                    "it must be notify, fd:NUMBER",
		"fd:":                        "fd: needs the number of a descriptor, from 3 to 1023",
		"fd:x":                       "fd: needs the number",
		"fd:-3":                      "fd: needs the number",
		"fd:1024":                    "fd: needs the number",
		"fd:99999999999999999999":    "fd: needs the number",
		"fd:2":                       "descriptors 0, 1 and 2 are stdin, stdout and stderr; the first free one is 3",
		"tcp:":                       "it needs a host and a port, as in tcp:127.0.0.1:5432",
		"tcp:8080":                   "it needs a host and a port",
		"tcp::8080":                  "the host is missing; 127.0.0.1 is this machine",
		"tcp:*:8080":                 "* is no host to connect to; 127.0.0.1 is this machine",
		"tcp:db:":                    "the port is missing",
		"tcp:db:http":                "the port must be a number from 1 to 65535",
		"tcp:db:0":                   "the port must be a number from 1 to 65535",
		"tcp:db:65536":               "the port must be a number from 1 to 65535",
		"tcp:::1:80":                 "an IPv6 address needs brackets: [::1]",
		"tcp:[::1:80":                "a bracket of the address is missing",
		"tcp:[127.0.0.1]:80":         "what is in brackets is not an IPv6 address",
		"tcp:a b:80":                 "that is not the name of a host",
		"unix:":                      "the path of the socket is missing",
		"unix:@":                     "the path of the socket is missing",
		"unix:a\x00b":                "a path can't contain NUL",
		"http:":                      "the host is missing, as in http://127.0.0.1:8080/",
		"http:8080":                  "the host is missing",
		"http:///x":                  "the host is missing",
		"http://:80/":                "the host is missing; 127.0.0.1 is this machine",
		"http://a:99999/":            "the port must be a number from 1 to 65535",
		"http://a:/":                 "the port is missing",
		"http://a/%zz":               `invalid URL escape "%zz"`,
		"https://me:secret@a/":       "a user or password in the URL would be shown",
		"exec:":                      "command is empty",
		"exec:  ":                    "command is empty",
		"log:":                       "the regular expression is missing; .* is any line",
		"log:(":                      "missing closing ): `(`",
		"log:" + longText("a", 1025): "the regular expression is longer than 1024 bytes",
		"file:":                      "the path is missing",
		"file:a\x00":                 "a path can't contain NUL",
	} {
		got, err := ParseReady(text, words)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "invalid ready value ") {
			t.Errorf("ready=%s: %+v, %v; want an error with %q", text, got, err, want)
		}
	}
	const health = "it must be tcp:HOST:PORT, unix:PATH, http://HOST:PORT/PATH, https://HOST:PORT/PATH or exec:COMMAND"
	for _, text := range []string{"notify", "fd:3", "log:x", "file:x", "y"} {
		if got, err := ParseHealth(text, words); err == nil || err.Error() != "invalid health value '"+text+"': "+health {
			t.Errorf("health=%s: %+v, %v", text, got, err)
		}
	}
}

func longText(piece string, n int) string { return strings.Repeat(piece, n) }

// What depends on the system: notifications need its word on who sent one.
func TestSystem(t *testing.T) {
	_, notify := ParseReady("notify", words)
	_, named := ParseReady("unix:@app", words)
	s := Defaults()
	s.Watchdog = time.Second
	watchdog := s.Check()
	if linux := runtime.GOOS == "linux"; (notify == nil) != linux || (named == nil) != linux || (watchdog == nil) != linux {
		t.Errorf("notify: %v; abstract socket: %v; watchdog: %v", notify, named, watchdog)
	}
	if _, err := ParseReady("unix:/"+longText("a", longestSocket), words); err == nil {
		t.Error("a socket's path of any length is accepted")
	}
}

func TestRelativePaths(t *testing.T) {
	for text, want := range map[string]string{
		"unix:run/app.sock": "/srv/app/run/app.sock",
		"unix:../app.sock":  "/srv/app.sock",
		"unix:/run/a.sock":  "/run/a.sock",
		"file:ready":        "/srv/app/ready",
		"file:@ready":       "/srv/app/@ready",
		"tcp:db:1":          "db:1",
	} {
		s := Settings{Health: Target{}}
		var err error
		if s.Ready, err = ParseReady(text, words); err != nil {
			t.Fatal(err)
		}
		if s, err = s.In("/srv/app"); err != nil || s.Ready.Address != want || s.Ready.Text != text {
			t.Errorf("%s: %+v, %v; want %s", text, s.Ready, err, want)
		}
	}
	long := Target{Kind: Unix, Address: longText("a", longestSocket-3)}
	if _, err := (Settings{Health: long}).In("/srv/app"); err == nil || !strings.Contains(err.Error(), "it can have at most") {
		t.Errorf("a path that becomes too long: %v", err)
	}
	if got, err := (Target{Kind: Unix, Address: "@app"}).In("/srv/app"); err != nil || got.Address != "@app" {
		t.Errorf("an abstract name became %q, %v", got.Address, err)
	}
}

func TestActions(t *testing.T) {
	signal := func(name string) (syscall.Signal, error) {
		switch name {
		case "USR1":
			return syscall.SIGUSR1, nil
		case "0":
			return 0, nil
		}
		return 0, errors.New("value '" + name + "' is not a valid signal name")
	}
	for text, want := range map[string]Action{
		"restart": {Restart, 0}, "stop": {Stop, 0}, "none": {Nothing, 0}, "signal:USR1": {Send, syscall.SIGUSR1},
	} {
		if got, err := ParseAction(text, signal); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"":            "it must be restart, stop, signal:NAME or none",
		"kill":        "it must be restart, stop, signal:NAME or none",
		"signal":      "it must be restart, stop, signal:NAME or none",
		"signal:":     "value '' is not a valid signal name",
		"signal:FOO":  "value 'FOO' is not a valid signal name",
		"signal:0":    "signal 0 does nothing; none says so",
		"signal:usr1": "value 'usr1' is not a valid signal name",
	} {
		if _, err := ParseAction(text, signal); err == nil || err.Error() != "invalid health_action value '"+text+"': "+want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	all := Defaults()
	all.Ready, all.Health = Target{Kind: TCP, Address: "a:1"}, Target{Kind: TCP, Address: "a:1"}
	if err := all.Check(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for want, change := range map[string]func(s *Settings){
		"invalid ready_timeout value '0s': it must be at least 10ms":                                func(s *Settings) { s.ReadyTimeout = 0 },
		"invalid ready_interval value '5ms': it must be at least 10ms":                              func(s *Settings) { s.ReadyInterval = 5 * time.Millisecond },
		"invalid ready_interval value '1m0s': it must be shorter than ready_timeout, which is 1m0s": func(s *Settings) { s.ReadyInterval = time.Minute },
		"invalid health_interval value '1ms': it must be at least 100ms":                            func(s *Settings) { s.Interval = time.Millisecond },
		"invalid health_timeout value '0s': it must be at least 10ms":                               func(s *Settings) { s.Timeout = 0 },
		"invalid health_retries value '0': it must be from 1 to 1000":                               func(s *Settings) { s.Retries = 0 },
		"invalid health_retries value '1001': it must be from 1 to 1000":                            func(s *Settings) { s.Retries = 1001 },
		"invalid health_start_period value '-1s': it must be at least 0s":                           func(s *Settings) { s.StartPeriod = -time.Second },
	} {
		s := all
		change(&s)
		if err := s.Check(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	// Without a subject the keys mean nothing, and are not looked at.
	none := Settings{}
	if err := none.Check(); err != nil || none.Judged() || none.Notified() {
		t.Errorf("no checks: %v", err)
	}
	if runtime.GOOS != "linux" {
		return // no watchdog there
	}
	for want, s := range map[string]Settings{
		"invalid watchdog value '1ms': it must be at least 100ms":  {Watchdog: time.Millisecond, WatchdogSignal: syscall.SIGABRT},
		"invalid watchdog_signal value '0': signal 0 does nothing": {Watchdog: time.Second},
	} {
		if err := s.Check(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// FuzzParseReady: whatever is accepted is accepted again, as the same, by its text.
func FuzzParseReady(f *testing.F) {
	for _, text := range []string{"notify", "fd:3", "tcp:[::1]:80", "unix:a", "https://a:1/b?c#d", "exec:a b", "log:^a$", "file:/a", "http://[fe80::1%25eth0]/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseReady(text, words)
		if err != nil {
			return
		}
		again, err := ParseReady(got.Text, words)
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Errorf("%q: %+v, then %+v, %v", text, got, again, err)
		}
	})
}
