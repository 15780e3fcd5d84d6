package httpd

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func Test212To214Replies(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	r := ts.one(t, "GET /none HTTP/1.1\r\n\r\n")
	const page = "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n<p>Error code 404.\r\n<p>Message: Not Found.\r\n</body>\r\n"
	if r.status != "HTTP/1.1 404 Not Found" || r.body != page || r.header.Get("Content-Type") != "text/html" || r.header.Get("Server") == "" {
		t.Errorf("got %+v", r)
	}
	if d, err := time.Parse(http.TimeFormat, r.header.Get("Date")); err != nil || time.Since(d).Abs() > time.Hour {
		t.Errorf("date %q", r.header.Get("Date"))
	}
	for version, want := range map[string]string{" HTTP/1.0": "HTTP/1.0 404", " HTTP/2.0": "HTTP/2.0 404", "": "HTTP/None 404", " HTTP/1.1.1": "HTTP/1.1.1 404"} {
		if r := ts.one(t, "GET /none"+version+"\r\n\r\n"); !strings.HasPrefix(r.status, want) {
			t.Errorf("%q: %q", version, r.status)
		}
	}
}

func Test215KeepAlive(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	for _, c := range []struct {
		request, connection string
		open                bool
	}{
		{"GET /ok.html HTTP/1.1\r\n\r\n", "", true},
		{"GET /ok.html HTTP/1.1\r\nConnection: close\r\n\r\n", "", false},
		{"GET /ok.html HTTP/1.1\r\nconnection: CLOSE\r\n\r\n", "", false},
		{"GET /ok.html HTTP/1.0\r\n\r\n", "", false},
		{"GET /ok.html HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Keep-Alive", true},
		{"GET /none HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "Keep-Alive", true},
		{"GET /none\r\n\r\n", "", false},
		{strings.Replace(call("supervisor.getAPIVersion"), "1.1", "1.0", 1), "", false},
	} {
		conn := ts.dial(t)
		conn.send(c.request)
		if r := conn.mustReply(); r.header.Get("Connection") != c.connection {
			t.Errorf("%q: Connection: %q", c.request, r.header.Get("Connection"))
		}
		if c.open {
			conn.wantOpen()
		} else {
			conn.wantEnd()
		}
	}
}

// Test215Pipelining sends thousands of requests before reading the first reply, in pieces
// that cut through them.
func Test215Pipelining(t *testing.T) {
	const n = 5000
	ts := open(t, Options{}, Handlers{})
	c := ts.dial(t)
	var all strings.Builder
	for i := range n {
		all.WriteString(call("test.echo", strconv.Itoa(i)))
	}
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(struct{ io.Writer }{c}, iotestSlices(all.String(), 777))
		sent <- err
	}()
	for i := range n {
		if r := c.mustReply(); !strings.Contains(r.body, "<string>"+strconv.Itoa(i)+"</string>") {
			t.Fatalf("reply %d: %+v", i, r)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// iotestSlices reads s in slices of n bytes.
func iotestSlices(s string, n int64) io.Reader {
	var parts []io.Reader
	for r := strings.NewReader(s); r.Len() > 0; {
		part := make([]byte, min(int(n), r.Len()))
		_, _ = r.Read(part)
		parts = append(parts, strings.NewReader(string(part)))
	}
	return io.MultiReader(parts...)
}

func Test211Garbage(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	for _, raw := range []string{"\x16\x03\x01\x00\xa5\r\n\r\n", "hello\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n x\r\n\r\n", "GET /\xff HTTP/1.1\r\n\r\n"} {
		c := ts.dial(t)
		c.send(raw)
		if r := c.mustReply(); r.status != "HTTP/1.0 400 Bad Request" {
			t.Errorf("%q: %q", raw, r.status)
		}
		c.wantEnd()
	}
	c := ts.dial(t)
	c.send("\r\n\r\nGET /ok.html HTTP/1.1\r\n\r\n") // fact 210: empty lines before a head
	c.wantEnd()
	c = ts.dial(t)
	c.send("\r\nGET /ok.html HTTP/1.1\r\n\r\n")
	c.mustReply()
}

func TestLimits(t *testing.T) {
	ts := open(t, Options{Limits: Limits{Head: 1000, Body: 2000}}, Handlers{})
	for name, c := range map[string]struct{ raw, want string }{
		"huge head without end": {"GET /" + strings.Repeat("a", 1<<20), "HTTP/1.0 400 Bad Request"},
		"long head":             {"GET /" + strings.Repeat("a", 1000) + " HTTP/1.1\r\n\r\n", "HTTP/1.0 400 Bad Request"},
		"head that fits":        {"GET /" + strings.Repeat("a", 900) + " HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found"},
		"body too big":          {post("/RPC2", strings.Repeat("x", 1<<20), ""), "HTTP/1.1 413 Request Entity Too Large"},
		"body said to be big":   {"POST /RPC2 HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", "HTTP/1.1 413 Request Entity Too Large"},
		"body that fits":        {post("/RPC2", strings.Repeat("x", 2000), ""), "HTTP/1.1 400 Bad Request"},
	} {
		conn := ts.dial(t)
		go func() { _, _ = io.WriteString(conn, c.raw) }() // the server may not take all of it
		if r := conn.mustReply(); r.status != c.want {
			t.Errorf("%s: %q", name, r.status)
		}
	}
}

// TestBigBody sends a body that needs many reads, and gets it back.
func TestBigBody(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	text := strings.Repeat("0123456789abcdef", 1<<16)
	c := ts.dial(t)
	go func() { _, _ = io.WriteString(c, call("test.echo", text)) }()
	if r := c.mustReply(); !strings.Contains(r.body, text) {
		t.Errorf("%s, %d bytes", r.status, len(r.body))
	}
	c.wantOpen()
}

// TestTimes lets every deadline for clients pass.
func TestTimes(t *testing.T) {
	short := 20 * time.Millisecond
	for name, c := range map[string]struct {
		limits Limits
		raw    string
	}{
		"no head at all":       {Limits{HeadFor: short}, ""},
		"idle after a request": {Limits{IdleFor: short}, "GET /ok.html HTTP/1.1\r\n\r\n"},
		"in a head":            {Limits{HeadFor: short}, "GET /ok.ht"},
		"in a body":            {Limits{BodyFor: short}, "POST /RPC2 HTTP/1.1\r\nContent-Length: 10\r\n\r\n<a"},
	} {
		t.Run(name, func(t *testing.T) {
			ts := open(t, Options{Limits: c.limits}, Handlers{})
			conn := ts.dial(t)
			conn.send(c.raw)
			if strings.Contains(name, "after") {
				conn.mustReply()
			}
			conn.wantEnd()
		})
	}
}

// TestSlowReader: a client that never reads its reply is dropped, and another does not
// notice.
func TestSlowReader(t *testing.T) {
	ts := open(t, Options{Limits: Limits{WriteFor: 50 * time.Millisecond}}, Handlers{})
	slow := ts.dial(t)
	slow.send(call("test.echo", strings.Repeat("x", 8<<20)))
	ts.dial(t).wantOpen()
	until(t, func() bool { return ts.count() <= 1 }, func() string { return "the slow reader still has its connection" })
}

func (ts *testServer) count() int {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return len(ts.conns)
}

// TestSlowWriter sends a request a byte at a time while others are served.
func TestSlowWriter(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	slow, other := ts.dial(t), ts.dial(t)
	for _, b := range []byte(call("supervisor.getAPIVersion")) {
		slow.send(string(b))
		other.wantOpen()
	}
	if r := slow.mustReply(); r.code() != "200" {
		t.Errorf("got %+v", r)
	}
}

// TestHalfClosed: a client that has closed its sending side still gets its reply.
func TestHalfClosed(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	c := ts.dial(t)
	c.send(call("supervisor.getAPIVersion"))
	if err := c.Conn.(*net.UnixConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.mustReply()
	c.wantEnd()
}

func TestClientGoesAway(t *testing.T) {
	ts := open(t, Options{Limits: Limits{WatchFor: time.Millisecond}}, Handlers{})
	c := ts.dial(t)
	c.send(call("test.wait"))
	<-ts.rpc.entered
	_ = c.Close()
	if got := <-ts.rpc.entered; got != "gone" {
		t.Errorf("got %q", got)
	}
}

// TestPipelinedBehindSlow: requests that arrive while the connection is watched are
// answered in order.
func TestPipelinedBehindSlow(t *testing.T) {
	ts := open(t, Options{Limits: Limits{WatchFor: time.Millisecond}}, Handlers{})
	c := ts.dial(t)
	c.send(call("test.wait"))
	<-ts.rpc.entered
	c.send(call("test.echo", "second"))
	c.send(call("test.echo", "third"))
	close(ts.rpc.release)
	for _, want := range []string{"<boolean>1<", ">second<", ">third<"} {
		if r := c.mustReply(); !strings.Contains(r.body, want) {
			t.Errorf("got %+v, want %s", r, want)
		}
	}
	c.wantOpen()
}

// A held reply does not count as the reply to a later request whose handler panics.
func TestPipelinedPanic(t *testing.T) {
	web := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a mistake") })
	ts := open(t, Options{}, Handlers{Web: web})
	for _, raw := range []string{"GET /x HTTP/1.1\r\n\r\n", call("test.panic")} {
		c := ts.dial(t)
		c.send(call("test.echo", "before") + raw)
		if r := c.mustReply(); !strings.Contains(r.body, ">before<") {
			t.Errorf("got %+v", r)
		}
		if r := c.mustReply(); r.code() != "500" {
			t.Errorf("after a panic: %+v", r)
		}
		c.wantEnd()
	}
}

// Replies to requests that came together go out together, but none waits for an answer
// that takes long.
func TestPipelinedRepliesTogether(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	c := ts.dial(t)
	var all strings.Builder
	for i := range 10 {
		all.WriteString(call("test.echo", strconv.Itoa(i)))
	}
	c.send(all.String())
	for i := range 10 {
		r := c.mustReply()
		if !strings.Contains(r.body, "<string>"+strconv.Itoa(i)+"</string>") {
			t.Errorf("reply %d is %+v", i, r)
		}
		if i == 0 && c.in.Buffered() == 0 {
			t.Error("the first reply came alone")
		}
	}
	c.send(call("test.echo", "before") + call("test.wait") + call("test.echo", "after"))
	if r := c.mustReply(); !strings.Contains(r.body, ">before<") {
		t.Errorf("got %+v while the second call waits", r)
	}
	<-ts.rpc.entered
	close(ts.rpc.release)
	for _, want := range []string{"<boolean>1<", ">after<"} {
		if r := c.mustReply(); !strings.Contains(r.body, want) {
			t.Errorf("got %+v, want %s", r, want)
		}
	}
	// The body does not come.
	c.send(call("test.echo", "last") + "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")
	if r := c.mustReply(); !strings.Contains(r.body, ">last<") {
		t.Errorf("got %+v while a body is waited for", r)
	}
}

func TestManyConnections(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	var idle []*client
	for range 200 {
		idle = append(idle, ts.dial(t))
	}
	for _, c := range idle {
		c.wantOpen()
	}
}
