package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reeve/config"
)

const web = "[program:web]\ncommand=x\n"

func loadListen(t *testing.T, text string) (*config.Config, error) {
	t.Helper()
	dir := write(t, map[string]string{"s.conf": "[supervisord]\n" + text})
	return (&config.Loader{Path: filepath.Join(dir, "s.conf")}).Load()
}

func TestListen(t *testing.T) {
	for value, want := range map[string]string{
		"tcp:127.0.0.1:80":                         "web=tcp:127.0.0.1:80",
		"TCP://LocalHost:080":                      "web=tcp:localhost:80",
		"tcp:*:80, tcp::81":                        "web=tcp::80 web=tcp::81",
		"tcp:[::1]:80, tcp://[0:0::]:81":           "web=tcp:[::1]:80 web=tcp:[::]:81",
		"unix:/run/a, unix:///run//b/../c":         "web=unix:/run/a web=unix:/run/c",
		"http=tcp:h:80,http=unix:/a=b,x y=unix:/c": "http=tcp:h:80 http=unix:/a=b x y=unix:/c",
		"unix:/%(program_name)s.%(group_name)s":    "web=unix:/web.web",
	} {
		cfg, err := loadListen(t, web+"listen="+value)
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		var all []string
		for _, s := range cfg.Groups[0].Processes[0].Listen.Sockets {
			all = append(all, s.Name+"="+s.URL())
		}
		if got := strings.Join(all, " "); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

// What can't work is refused, and the error says where and why.
func TestListenRefused(t *testing.T) {
	const wrong = "invalid listen value "
	for text, want := range map[string]string{
		"listen=80":                                              wrong + "'80', not an address such as tcp:127.0.0.1:8080, tcp:[::1]:8080 or unix:/run/x.sock",
		"listen=udp:h:1":                                         wrong + "'udp:h:1', not an address",
		"listen=tcp:80":                                          wrong + "'tcp:80', it needs a host and a port",
		"listen=tcp:h:x":                                         wrong + "'tcp:h:x', the port must be a number from 1 to 65535",
		"listen=tcp:h:0":                                         wrong + "'tcp:h:0', the port must be",
		"listen=tcp:h:65536":                                     wrong + "'tcp:h:65536', the port must be",
		"listen=tcp:a@b:1":                                       wrong + "'tcp:a@b:1', that is not the name of a host",
		"listen=tcp:[fe80::1%e]:1":                               "Format string",
		"listen=tcp:::1:1":                                       wrong + "'tcp:::1:1', it needs a host and a port",
		"listen=unix:run/a":                                      wrong + "'unix:run/a', the path of a unix socket has to be absolute",
		"listen=unix:@a":                                         wrong + "'unix:@a', the path of a unix socket has to be absolute",
		"listen=unix:/" + strings.Repeat("x", 103):               "can't be longer than 103 bytes",
		"listen==tcp:h:1":                                        "the name in front of = has to be printable",
		"listen=ö=tcp:h:1":                                       "the name in front of = has to be printable",
		"listen=":                                                "listen names no address",
		"listen=tcp:h:1,x=tcp://H:01":                            "listen names tcp:h:1 twice",
		"listen=tcp:h:1\nlisten_mode=0700":                       "listen_mode and listen_owner are for unix sockets, and listen names none",
		"listen=tcp:h:1\nlisten_owner=0":                         "listen_mode and listen_owner are for unix sockets, and listen names none",
		"listen=unix:/a\nlisten_mode=9":                          "invalid listen_mode value '9', not an octal mode such as 0770",
		"listen=unix:/a\nlisten_backlog=0":                       "invalid listen_backlog value '0', not a number from 1 to 65535",
		"listen=unix:/a\nlisten_reuseport=1":                     "listen_reuseport is for tcp sockets, and listen names none",
		"listen_mode=0700":                                       "listen_mode is given without listen",
		"idle_timeout=1":                                         "idle_timeout is given without start_on_connect",
		"start_on_connect=true":                                  "start_on_connect is given without listen",
		"listen=unix:/a\nlisten_style=inetd":                     "invalid listen_style value 'inetd', neither systemd nor fcgi",
		"listen=unix:/a,unix:/b\nlisten_style=fcgi":              "listen_style=fcgi passes one socket on, and listen names 2",
		"listen=unix:/a,unix:/b\nready=fd:4":                     "ready=fd:4 is one of the descriptors of listen; the first free one is 5",
		"listen=unix:/a\nstart_on_connect=false\nidle_timeout=1": "idle_timeout needs start_on_connect=true",
		"listen=unix:/a\nstart_on_connect=true\nidle_timeout=0":  "invalid idle_timeout value '0'",
		"listen=unix:/a\nstart_on_connect=true\nessential=exit":  "essential=exit and start_on_connect=true exclude each other",
		"listen=unix:/a\nstart_on_connect=true\nstart_delay=1":   "start_delay and start_on_connect=true exclude each other",
		"listen=tcp:*:80\nready=tcp:127.0.0.1:80":                "ready=tcp:127.0.0.1:80 says nothing about the program: supervisord itself listens there",
		"listen=tcp:[::1]:80\nhealth=tcp:localhost:80":           "health=tcp:localhost:80 says nothing about the program",
		"listen=unix:/a\nready=unix:/a":                          "ready=unix:/a says nothing about the program",
		"listen=tcp:h:80\nhealth=http://H/alive\nstart_on_connect=true\nidle_timeout=31s": "idle_timeout is longer than health_interval, and each health=http://H/alive is a connection",
		"listen=" + manySockets(65):                                                  "listen names 65 sockets; 64 are possible",
		"listen=unix:/a\n[program:b]\ncommand=x\nlisten=unix:/a":                     "invalid listen value 'unix:/a', [program:b] listens there as well, in section [program:web]",
		"listen=unix:/a\n[fcgi-program:b]\ncommand=x\nsocket=unix:///a":              "[fcgi-program:b] listens there as well",
		"listen=tcp:h:1\nlisten_reuseport=1\n[program:b]\ncommand=x\nlisten=tcp:h:1": "[program:b] listens there as well",
		"\n[fcgi-program:b]\ncommand=x\nsocket=unix:///a\nlisten=unix:/b":            "listen is for [program:x] only",
		"\n[eventlistener:b]\ncommand=x\nevents=TICK\nlisten=unix:/b":                "listen is for [program:x] only",
	} {
		_, err := loadListen(t, web+text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "s.conf') ") && !strings.Contains(err.Error(), "s.conf')") && !strings.HasPrefix(want, "Format") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func manySockets(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint("unix:/", i))
	}
	return strings.Join(all, ",")
}

// What is shared: the processes of a program have one socket, unless its address has their
// number in it; one program may be in two groups; and listen_reuseport shares a port.
func TestListenShared(t *testing.T) {
	for _, text := range []string{
		"[program:w]\ncommand=x\nprocess_name=%(process_num)d\nnumprocs=2\nlisten=unix:/w",
		"[program:w]\ncommand=x\nprocess_name=%(process_num)d\nnumprocs=2\nlisten=tcp:h:80%(process_num)d",
		"[program:w]\ncommand=x\nlisten=unix:/w\n[group:a]\nprograms=w\n[group:b]\nprograms=w",
		"[program:w]\ncommand=x\nlisten=tcp:h:1,unix:/a\nready=tcp:h:2\nhealth=http://h:1/\nstart_on_connect=true\nidle_timeout=9",
		"[program:w]\ncommand=x\nlisten=tcp:h:1,unix:/a\nready=unix:/b\nhealth=exec:x\nstart_on_connect=true\nidle_timeout=99",
		"[program:v]\ncommand=x\nlisten=tcp:h:1\nlisten_reuseport=1\n[program:w]\ncommand=x\nlisten=tcp:h:1\nlisten_reuseport=1",
	} {
		if _, err := loadListen(t, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// The files of unix sockets belong to the program's user, as with FastCGI.
func TestListenOwner(t *testing.T) {
	other := 65534
	if other == os.Getuid() {
		other = 0
	}
	cfg, err := loadListen(t, web+fmt.Sprintf("user=%d\nlisten=unix:/a", other))
	if err != nil {
		t.Skip(err)
	}
	if o := cfg.Groups[0].Processes[0].Listen.Owner; o == nil || o.UID != other {
		t.Errorf("owner %+v", o)
	}
}
