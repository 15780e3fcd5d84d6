package httpd

import (
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"reeve/supervisor/logfile"
)

const oracleConf = `[supervisord]
nodaemon=true
logfile=%[1]s/main.log
pidfile=%[1]s/pid
childlogdir=%[1]s
identifier=httpd-test
[unix_http_server]
file=%[1]s/o
[inet_http_server]
port=127.0.0.1:%[2]d
username=u
password={SHA}%[3]s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:cat]
command=/bin/cat
autostart=false
stdout_logfile=%[1]s/cat.log
`

// oracle starts upstream's daemon for the duration of the test, with a unix socket
// without a password and a TCP socket with one.
func oracle(t *testing.T) (unixAddr, tcpAddr net.Addr, logs *fakeLogs) {
	t.Helper()
	const program = "/usr/bin/supervisord"
	if b, err := os.ReadFile(program); err != nil || !strings.Contains(string(b), "python") {
		t.Skip("upstream's supervisord is not installed at " + program)
	}
	dir := socketDir(t)
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcpAddr = free.Addr()
	_ = free.Close()
	logs = &fakeLogs{stdout: dir + "/cat.log", main: dir + "/main.log"}
	// The hash is that of the password p.
	conf := fmt.Sprintf(oracleConf, dir, tcpAddr.(*net.TCPAddr).Port, "516b9783fca517eecbd1d064da2d165310b19759")
	for name, text := range map[string]string{"c": conf, "cat.log": strings.Repeat("x", 100) + strings.Repeat("y", 1024)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "-c", dir+"/c")
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Skipf("upstream's supervisord does not start: %v", err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	unixAddr = &net.UnixAddr{Name: dir + "/o", Net: "unix"}
	until(t, func() bool {
		c, err := net.Dial("unix", unixAddr.String())
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	}, func() string { return "upstream's supervisord does not come up" })
	return unixAddr, tcpAddr, logs
}

// observation is everything in an answer that must be the same.
type observation struct {
	status, body string
	header       string
	then         string // what happens to the connection
}

var compared = []string{"Content-Type", "Content-Length", "Connection", "Transfer-Encoding", "WWW-Authenticate", "Last-Modified", "X-Accel-Buffering"}

func observe(t *testing.T, addr net.Addr, raw string) (o observation) {
	t.Helper()
	c := dial(t, addr)
	c.send(raw)
	r, err := c.reply()
	if r.status == "" {
		return observation{status: "closed without an answer"}
	}
	if err != nil && r.header.Get("Content-Length") != "" {
		t.Fatalf("%q: %v", raw, err)
	}
	o = observation{status: r.status, body: r.body}
	for _, name := range compared {
		if v := r.header.Get(name); v != "" {
			o.header += name + ": " + v + "\n"
		}
	}
	if err != nil {
		return o // a stream
	}
	o.then = "closed"
	if _, err := io.WriteString(c, "\r\nGET /ok.html HTTP/1.1\r\nAuthorization: Basic dTpw\r\n\r\n"); err == nil {
		if next, err := c.reply(); err == nil {
			o.then = "open: " + next.status
		} else if isTimeout(err) {
			t.Fatalf("%q: %v", raw, err)
		}
	}
	return o
}

const apiVersion = "<?xml version='1.0'?><methodCall><methodName>supervisor.getAPIVersion</methodName><params></params></methodCall>"

// sameAsOracle are the requests that both answer in the same way.
var sameAsOracle = []string{
	"GET /ok.html HTTP/1.1\r\n\r\n",
	"GET /ok.html HTTP/1.0\r\n\r\n",
	"GET /ok.html HTTP/1.1\r\nConnection: close\r\n\r\n",
	"GET /ok.html HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	"GET /none HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
	"GET /none HTTP/1.1\r\nconnection: CLOSE\r\n\r\n",
	"GET /ok.html HTTP/2.0\r\n\r\n",
	"GET /ok.html HTTP/1.1.1\r\n\r\n",
	"GET /ok.html\r\n\r\n",
	"GET /none\r\n\r\n",
	"GET /RPC2\r\n\r\n",
	"POST /RPC2\r\nContent-Length: " + strconv.Itoa(len(apiVersion)) + "\r\n\r\n" + apiVersion,
	"GET ///ok.html HTTP/1.1\r\nHost: /a b.sock\r\nX y: z\r\n folded\r\n\r\n",
	"GET /%6fk.html?a=?b HTTP/1.1\r\n\r\n",
	"GET /ok.html#x HTTP/1.1\r\n\r\n",
	"GET http://x/ok.html HTTP/1.1\r\n\r\n",
	"GET /none HTTP/1.1\r\n\r\n",
	"GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
	"HEAD /none HTTP/1.1\r\nConnection: close\r\n\r\n",    // else see TestConnectionEndsAfterBodyForHead
	"HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n",        // else see TestConnectionEndsAfterBodyForHead
	"HEAD /ok.html HTTP/1.1\r\nConnection: close\r\n\r\n", // else see TestConnectionEndsAfterBodyForHead
	"DELETE / HTTP/1.1\r\n\r\n",
	"DELETE /none HTTP/1.1\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\n\r\n",
	"get /ok.html HTTP/1.1\r\n\r\n",
	"POST /ok.html HTTP/1.1\r\n\r\n",
	"\r\nGET /ok.html HTTP/1.1\r\n\r\n",
	"\r\n\r\nGET /ok.html HTTP/1.1\r\n\r\n",
	post("/ok.html", "a=b", ""),
	post("/RPC2", apiVersion, ""),
	post("/RPC2xyz", apiVersion, "Connection: close\r\n"),
	post("/R%50C2", apiVersion, "Content-Type: nonsense\r\n"),
	post("/RPC2", apiVersion, "Connection: Keep-Alive\r\n"),
	strings.Replace(post("/RPC2", apiVersion, "Connection: Keep-Alive\r\n"), "1.1", "1.0", 1),
	post("/RPC2", "<a><methodName>nothing.atall</methodName></a>", ""),
	post("/RPC2", "<a><methodName> supervisor.getAPIVersion</methodName></a>", ""),
	post("/RPC2", "<a/>", ""),
	post("/RPC2", "hello", ""),
	"GET /RPC2 HTTP/1.1\r\n\r\n",
	"POST /RPC2 HTTP/1.1\r\n\r\n",
	"POST /RPC2 HTTP/1.1\r\nContent-Length: \r\n\r\n",
	"GET /logtail/ HTTP/1.1\r\n\r\n",
	"GET /logtail//cat HTTP/1.1\r\n\r\n",
	"GET /logtail/none HTTP/1.1\r\n\r\n",
	"GET /logtail/cat/stdin HTTP/1.1\r\n\r\n",
	"GET /logtail/cat/stdout/ HTTP/1.1\r\n\r\n",
	"GET /logtail/cat:* HTTP/1.1\r\n\r\n",
	"GET /logtail/cat/stdout HTTP/1.1\r\n\r\n",
	"GET /logtailx/cat HTTP/1.1\r\n\r\n",
	"GET /logtail/%2563at HTTP/1.1\r\n\r\n",
	"POST /logtail/cat HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
	"HEAD /mainlogtail HTTP/1.1\r\nConnection: close\r\n\r\n", // else see TestConnectionEndsAfterBodyForHead
}

// fixed are the requests that are answered differently on purpose; the number is that of
// the fact with the reason.
var fixed = []struct{ raw, oracle, ours string }{
	{"GET  / HTTP/1.1\r\n\r\n", "closed without an answer", "HTTP/1.0 400 Bad Request"},                                                                            // 211
	{"hello\r\n\r\n", "closed without an answer", "HTTP/1.0 400 Bad Request"},                                                                                      // 211
	{"GET /\xff HTTP/1.1\r\n\r\n", "closed without an answer", "HTTP/1.0 400 Bad Request"},                                                                         // 211
	{"GET / HTTP/1.1\r\n folded: first\r\n\r\n", "closed without an answer", "HTTP/1.0 400 Bad Request"},                                                           // 211
	{"GET /logtail HTTP/1.1\r\n\r\n", "HTTP/1.1 500 Internal Server Error", "HTTP/1.1 404 Not Found"},                                                              // 225
	{post("/RPC2", "<a>\xff</a>", ""), "closed without an answer", "HTTP/1.1 400 Bad Request"},                                                                     // 230
	{post("/RPC2", "<!DOCTYPE a [<!ENTITY x 'supervisor.getAPIVersion'>]><a><methodName>&x;</methodName></a>", ""), "HTTP/1.1 200 OK", "HTTP/1.1 400 Bad Request"}, // 232
}

// closesInstead get the same answer but end the connection, where upstream keeps it and
// reads a body that cannot be told apart from requests, or announces the end and does not
// close (fact 221: authentication on every path).
var closesInstead = []string{
	"POST /RPC2 HTTP/1.1\r\nContent-Length: x\r\n\r\n",
	"POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
}

func TestAsOracle(t *testing.T) {
	unixAddr, tcpAddr, l := oracle(t)
	ts := open(t, Options{}, Handlers{Logs: l},
		unixEndpoint(filepath.Join(socketDir(t), "s")),
		Endpoint{Section: "inet_http_server", Host: "127.0.0.1", Username: "u", Password: "{SHA}516b9783fca517eecbd1d064da2d165310b19759"})
	ours, oursTCP := ts.Addrs()[0], ts.Addrs()[1]
	for _, raw := range sameAsOracle {
		if got, want := observe(t, ours, raw), observe(t, unixAddr, raw); got != want {
			t.Errorf("%q:\nours   %+v\noracle %+v", raw, got, want)
		}
	}
	for _, c := range fixed {
		if got, want := observe(t, ours, c.raw).status, observe(t, unixAddr, c.raw).status; got != c.ours || want != c.oracle {
			t.Errorf("%q: ours %s, oracle %s", c.raw, got, want)
		}
	}
	for _, raw := range closesInstead {
		got, want := observe(t, ours, raw), observe(t, unixAddr, raw)
		if got.then != "closed" || !strings.HasPrefix(want.then, "open") {
			t.Errorf("%q: ours %s, oracle %s", raw, got.then, want.then)
		}
		want.then = got.then
		if got != want {
			t.Errorf("%q:\nours   %+v\noracle %+v", raw, got, want)
		}
	}
	for _, auth := range []string{
		"", "Basic dTpw", "BASIC dTpw", "Basic dTpx", "Basic VTpw", "Basic dTpw\r\nAuthorization: x y", "Digest dTpw", "Basic", "Basic dTp", "Basic dTr/", "Basic d*T\tpw",
	} {
		header := ""
		if auth != "" {
			header = "Authorization: " + auth + "\r\n"
		}
		for _, raw := range []string{"GET /ok.html HTTP/1.1\r\n", "GET /none HTTP/1.1\r\n", "POST /mainlogtail HTTP/1.0\r\n", "GET /logtail/none HTTP/1.1\r\n"} {
			raw += header + "\r\n"
			got := observe(t, oursTCP, raw)
			if strings.Contains(got.status, " 401 ") || strings.Contains(got.status, " 400 ") {
				got.then = "" // fact 221: upstream reads what follows and never answers
				want := observeHead(t, tcpAddr, raw)
				if got != want {
					t.Errorf("%q:\nours   %+v\noracle %+v", raw, got, want)
				}
				continue
			}
			if want := observe(t, tcpAddr, raw); got != want {
				t.Errorf("%q:\nours   %+v\noracle %+v", raw, got, want)
			}
		}
	}
}

// observeHead is observe without looking at what happens to the connection.
func observeHead(t *testing.T, addr net.Addr, raw string) observation {
	t.Helper()
	c := dial(t, addr)
	c.send(raw)
	r := c.mustReply()
	o := observation{status: r.status, body: r.body}
	for _, name := range compared {
		if v := r.header.Get(name); v != "" {
			o.header += name + ": " + v + "\n"
		}
	}
	return o
}

// TestStreamAsOracle follows one log through both daemons, across growth and rotation.
func TestStreamAsOracle(t *testing.T) {
	unixAddr, _, l := oracle(t)
	ts := open(t, Options{}, Handlers{Logs: l})
	for name, addr := range map[string]net.Addr{"ours": ts.Addrs()[0], "oracle": unixAddr} {
		c := dial(t, addr)
		c.send("GET /logtail/cat HTTP/1.1\r\n\r\n")
		if _, err := c.head(); err != nil {
			t.Fatal(err)
		}
		in := httputil.NewChunkedReader(c.in)
		wantText(t, in, strings.Repeat("y", 1024))
		add(t, l.stdout, name)
		wantText(t, in, name)
		if err := os.Rename(l.stdout, l.stdout+".1"); err != nil {
			t.Fatal(err)
		}
		add(t, l.stdout, "new")
		wantText(t, in, "new")
		if name == "ours" { // fact 227: upstream drops the connection instead
			if err := os.Truncate(l.stdout, 0); err != nil {
				t.Fatal(err)
			}
			wantText(t, in, logfile.Truncated)
		}
		if err := os.WriteFile(l.stdout, []byte(strings.Repeat("y", 1024)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
