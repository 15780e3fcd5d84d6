package httpd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"reeve/rpc/handler"
	"reeve/rpc/transport"
	"reeve/rpc/webui"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor/process"
)

// patience is how long a test waits for what must come. No test depends on its value.
const patience = 30 * time.Second

// fakeRPC answers a few methods; "wait" blocks until its context ends or release is
// closed.
type fakeRPC struct {
	entered chan string
	release chan struct{}
}

func (f *fakeRPC) Prompt(method string) bool { return method != "test.wait" }

func (f *fakeRPC) Call(ctx context.Context, call xmlrpc.Call, dst []byte) ([]byte, error) {
	switch call.Method {
	case "supervisor.getAPIVersion":
		return xmlrpc.AppendReply(dst, "3.0"), nil
	case "test.echo":
		return xmlrpc.AppendReply(dst, call.Params[0]), nil
	case "test.fail":
		return nil, errors.New("it broke")
	case "test.panic":
		panic("a mistake")
	case "test.wait":
		f.entered <- call.Method
		select {
		case <-ctx.Done():
			f.entered <- "gone"
			return nil, ctx.Err()
		case <-f.release:
			return xmlrpc.AppendReply(dst, true), nil
		}
	}
	return dst, &xmlrpc.Fault{Code: 1, Text: "UNKNOWN_METHOD"}
}

// logs collects the log lines of a server under test.
type logs struct {
	mu    sync.Mutex
	lines []string
}

func (l *logs) add(level process.Level, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("%d %s", level, line))
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// has waits for a line that contains text: lines about a reply are written after it was
// sent.
func (l *logs) has(t *testing.T, text string) {
	t.Helper()
	until(t, func() bool { return strings.Contains(l.String(), text) }, func() string {
		return fmt.Sprintf("no line with %q in:\n%s", text, l)
	})
}

func until(t *testing.T, ok func() bool, otherwise func() string) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(otherwise())
		}
	}
}

// socketDir makes a directory with a name short enough for sockets.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "httpd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

type testServer struct {
	*Server
	log *logs
	rpc *fakeRPC
	end func() // ends the streams of logs
}

// Handlers are what the daemon mounts, with the real handlers in front of what is fake.
type Handlers struct {
	RPC  handler.RPC
	Logs handler.LogFiles // nil: no log can be found
	Web  http.Handler     // nil: the real pages, without a supervisor

	end *func() // if not nil, set to what ends the streams of Logs
}

func (h Handlers) mounts(t testing.TB, options Options) transport.Mounts {
	calls := &handler.Calls{RPC: h.RPC, Log: options.Log, Tracing: options.Tracing}
	if h.Logs == nil {
		h.Logs = noLogs{}
	}
	if h.Web == nil {
		pages := webui.New(webui.Options{})
		t.Cleanup(pages.Close)
		h.Web = pages
	}
	logs := handler.NewLogs(h.Logs)
	if h.end == nil {
		h.end = new(func())
	}
	*h.end = sync.OnceFunc(logs.Close)
	t.Cleanup(*h.end)
	return transport.Mounts{
		{Prefix: "/RPC2", Handler: calls, Prompt: true},
		{Prefix: "/logtail", Handler: http.HandlerFunc(logs.Process), Prompt: true},
		{Prefix: "/mainlogtail", Handler: http.HandlerFunc(logs.Main), Prompt: true},
		{Prefix: "/ok.html", Handler: h.Web, Guard: transport.Open},
		{Handler: h.Web, Guard: transport.Judged},
	}
}

type noLogs struct{}

func (noLogs) ProcessLog(context.Context, string, string) (string, error) {
	return "", errors.New("no such log")
}

func (noLogs) MainLog() (string, error) { return "", errors.New("no main log") }

// open serves endpoints (by default one unix socket) with fake handlers until the test
// ends.
func open(t *testing.T, options Options, handlers Handlers, endpoints ...Endpoint) *testServer {
	t.Helper()
	if len(endpoints) == 0 {
		endpoints = []Endpoint{{Section: "unix_http_server", Path: filepath.Join(socketDir(t), "s"), Mode: 0o700, UID: -1, GID: -1}}
	}
	if options.Limits.DelayFor == 0 {
		options.Limits.DelayFor = 1 // in effect no delay
	}
	ts := &testServer{log: &logs{}, rpc: &fakeRPC{entered: make(chan string, 10), release: make(chan struct{})}}
	if options.Log == nil {
		options.Log = ts.log.add
	}
	if handlers.RPC == nil {
		handlers.RPC = ts.rpc
	}
	var err error
	if ts.Server, err = Open(endpoints, options); err != nil {
		t.Fatal(err)
	}
	handlers.end = &ts.end
	ts.Serve(handlers.mounts(t, options))
	t.Cleanup(func() { _ = ts.Close() })
	return ts
}

// client is one raw connection.
type client struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, addr net.Addr) *client {
	t.Helper()
	nc, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, nc)
}

func newClient(t *testing.T, nc net.Conn) *client {
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	return &client{t, nc, bufio.NewReader(nc)}
}

func (ts *testServer) dial(t *testing.T) *client {
	t.Helper()
	return dial(t, ts.Addrs()[0])
}

func (c *client) send(raw string) {
	c.t.Helper()
	if _, err := io.WriteString(c, raw); err != nil {
		c.t.Fatalf("cannot send: %v", err)
	}
}

// reply is one answer as a client sees it.
type reply struct {
	status string // the whole status line
	header textproto.MIMEHeader
	body   string
}

func (r reply) code() string {
	_, rest, _ := strings.Cut(r.status, " ")
	code, _, _ := strings.Cut(rest, " ")
	return code
}

// head reads status line and headers; the error is io.EOF if the connection was closed
// instead.
func (c *client) head() (reply, error) {
	tp := textproto.NewReader(c.in)
	status, err := tp.ReadLine()
	if err != nil {
		return reply{}, err
	}
	header, err := tp.ReadMIMEHeader()
	return reply{status: status, header: header}, err
}

// reply reads a whole answer, its length taken from Content-Length.
func (c *client) reply() (reply, error) {
	r, err := c.head()
	if err != nil {
		return r, err
	}
	n, err := strconv.Atoi(r.header.Get("Content-Length"))
	if err != nil {
		return r, fmt.Errorf("no length in %q %v", r.status, r.header)
	}
	body := make([]byte, n)
	_, err = io.ReadFull(c.in, body)
	r.body = string(body)
	return r, err
}

func (c *client) mustReply() reply {
	c.t.Helper()
	r, err := c.reply()
	if err != nil {
		c.t.Fatalf("no reply: %v (%q)", err, r.status)
	}
	return r
}

// wantEnd fails unless the server closes the connection without another byte.
func (c *client) wantEnd() {
	c.t.Helper()
	if b, err := c.in.ReadByte(); err == nil || isTimeout(err) {
		c.t.Errorf("the connection is not closed: %q, %v", b, err)
	}
}

// wantOpen fails unless another request on the same connection is answered.
func (c *client) wantOpen() {
	c.t.Helper()
	c.send("GET /ok.html HTTP/1.1\r\n\r\n")
	if r, err := c.reply(); err != nil || r.body != "OK" {
		c.t.Errorf("the connection is not open: %+v, %v", r, err)
	}
}

// one sends a request on a new connection and returns the reply.
func (ts *testServer) one(t *testing.T, raw string) reply {
	t.Helper()
	c := ts.dial(t)
	c.send(raw)
	return c.mustReply()
}

// call returns the request for a method, with the first of params as its parameter, if
// any.
func call(method string, params ...string) string {
	body := "<methodCall><methodName>" + method + "</methodName>"
	if len(params) > 0 {
		body += "<params><param><value>" + params[0] + "</value></param></params>"
	}
	return post("/RPC2", body+"</methodCall>", "")
}

func post(path, body, headers string) string {
	return "POST " + path + " HTTP/1.1\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n" + headers + "\r\n" + body
}
