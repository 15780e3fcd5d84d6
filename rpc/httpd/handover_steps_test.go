package httpd

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"reeve/rpc/carry"
	"reeve/rpc/transport"
)

func lonely(t *testing.T) *lineage {
	t.Helper()
	d := found(t, noLogs{}, unixEndpoint(filepath.Join(socketDir(t), "s")))
	t.Cleanup(func() { d.end() })
	return d
}

// TestHandOverBetween: whatever part of its requests a client has sent, the successor
// answers them.
func TestHandOverBetween(t *testing.T) {
	whole := call("test.once", "text")
	for name, parts := range map[string][]string{
		"nothing":           {"", whole},
		"a byte":            {whole[:1], whole[1:]},
		"half a head":       {whole[:20], whole[20:]},
		"a head":            {whole[:strings.Index(whole, "\r\n\r\n")+4], whole[strings.Index(whole, "\r\n\r\n")+4:]},
		"half a body":       {whole[:len(whole)-20], whole[len(whole)-20:]},
		"all but a byte":    {whole[:len(whole)-1], whole[len(whole)-1:]},
		"in several pieces": {whole[:10], whole[10:50], whole[50:100], whole[100:]},
	} {
		t.Run(name, func(t *testing.T) {
			d := lonely(t)
			c := dial(t, d.server.Addrs()[0])
			for i, part := range parts {
				if i > 0 {
					d.handOver()
				}
				c.send(part)
			}
			if r := c.mustReply(); r.code() != "200" || !strings.Contains(r.body, ">text<") {
				t.Errorf("got %+v", r)
			}
			if n := d.sent()["text"]; n != 1 {
				t.Errorf("carried out %d times", n)
			}
			c.wantOpen()
		})
	}
}

// TestHandOverPipelined: what was sent behind a request that waits is answered after it.
func TestHandOverPipelined(t *testing.T) {
	d := lonely(t)
	c := dial(t, d.server.Addrs()[0])
	c.send(call("test.echo", "before") + call("supervisor.stopProcess", "one") + call("test.once", "behind"))
	d.awaitJobs(1)
	for range 3 {
		d.handOver()
	}
	c.send(call("test.echo", "after"))
	d.endJobs(1)
	for _, want := range []string{"before", "<boolean>1", "behind", "after"} {
		if r := c.mustReply(); !strings.Contains(r.body, want) {
			t.Errorf("got %+v, want %q", r, want)
		}
	}
}

// TestHandOverBegun: once it has begun, no request begins, not even one that has arrived.
func TestHandOverBegun(t *testing.T) {
	entered, release := make(chan bool), make(chan bool)
	mounts := func(generation string) transport.Mounts {
		return transport.Mounts{
			{Prefix: "/slow", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				entered <- true
				<-release
			})},
			{Prefix: "/who", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, generation) })},
		}
	}
	endpoints := []Endpoint{unixEndpoint(filepath.Join(socketDir(t), "s"))}
	s, err := Open(endpoints, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Serve(mounts("old"))
	c := dial(t, s.Addrs()[0])
	c.send("GET /slow HTTP/1.1\r\n\r\nGET /who HTTP/1.1\r\n\r\n")
	<-entered
	s.BeginHandOver()
	late := dial(t, s.Addrs()[0])
	late.send("GET /who HTTP/1.1\r\n\r\n")
	close(release)
	next, err := Take(endpoints, Options{}, s.FinishHandOver(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	next.Serve(mounts("new"))
	c.mustReply()
	for _, c := range []*client{c, late} {
		if r := c.mustReply(); r.body != "new" {
			t.Errorf("answered by the %s one", r.body)
		}
	}
}

// TestHandOverEarly: a handler may hand its request over before the server is; until then
// its client gets nothing.
func TestHandOverEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.Serve(transport.Mounts{{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { carry.Of(r.Context()).HandOver() })}})
		near, far := net.Pipe()
		s.start(&endpoint{Endpoint: Endpoint{Path: "/s"}, room: 1, conns: map[*conn]struct{}{}}, near)
		var got bytes.Buffer
		go func() { _, _ = io.Copy(&got, far) }()
		_, _ = io.WriteString(far, "GET / HTTP/1.1\r\n\r\n")
		synctest.Wait()
		if got.Len() > 0 {
			t.Errorf("got %q", &got)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if !strings.HasPrefix(got.String(), "HTTP/1.1 503 ") {
			t.Errorf("after a shutdown: %q", &got)
		}
	})
}

// TestHandOverBatch: of a multicall that is handed over, what goes on is the call that
// was interrupted and no other.
func TestHandOverBatch(t *testing.T) {
	d := lonely(t)
	stops, marks := dial(t, d.server.Addrs()[0]), dial(t, d.server.Addrs()[0])
	stops.send(multicall(entry("supervisor.stopProcess", "one"), entry("supervisor.stopProcess", "two")))
	for n := range 2 {
		d.awaitJobs(n + 1)
		d.handOver()
		d.endJobs(n + 1)
	}
	marks.send(multicall(entry("test.mark"), entry("test.mark")))
	for range 2 {
		if m := <-d.marks; m != "left" {
			t.Fatal(m)
		}
		d.handOver()
		if m := <-d.marks; m != "found begun" {
			t.Fatal(m)
		}
	}
	for c, want := range map[*client]string{stops: "<boolean>1", marks: "begun"} {
		if r := c.mustReply(); strings.Count(r.body, want) != 2 {
			t.Errorf("got %+v", r)
		}
	}
	if d.done["stop one"] != 1 || d.done["stop two"] != 1 {
		t.Errorf("done: %v", d.done)
	}
}

// TestHandOverGone: the call of a client that closes its connection after the hand-over
// ends, as it would have before.
func TestHandOverGone(t *testing.T) {
	d := lonely(t)
	c := dial(t, d.server.Addrs()[0])
	c.send(call("supervisor.stopProcess", "one"))
	d.awaitJobs(1)
	d.handOver()
	_ = c.Close()
	until(t, func() bool {
		d.server.mu.Lock()
		defer d.server.mu.Unlock()
		return len(d.server.conns) == 0
	}, func() string { return "the call still waits" })
}

// TestHandOverUnsent: a reply that the client has not read goes on where it was, and the
// connection ends after it if that was to be.
func TestHandOverUnsent(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 1<<17)
	for name, raw := range map[string]string{"kept": "HTTP/1.1", "closed": "HTTP/1.0"} {
		t.Run(name, func(t *testing.T) {
			d := lonely(t)
			c := dial(t, d.server.Addrs()[0])
			c.send(strings.Replace(call("test.echo", text), "HTTP/1.1", raw, 1))
			r, err := c.head()
			if err != nil {
				t.Fatal(err)
			}
			d.handOver()
			d.handOver()
			c.in = bufio.NewReader(io.MultiReader(strings.NewReader("HTTP/1.1 200 OK\r\nContent-Length: "+r.header.Get("Content-Length")+"\r\n\r\n"), c.in))
			if r := c.mustReply(); !strings.Contains(r.body, text) {
				t.Errorf("got %d bytes", len(r.body))
			}
			if name == "kept" {
				c.wantOpen()
			} else {
				c.wantEnd()
			}
		})
	}
}

// TestHandOverOrder: what a handler writes after a part that its client has not taken
// goes out after it, even if the client reads meanwhile.
func TestHandOverOrder(t *testing.T) {
	first, second := strings.Repeat("a", 1<<20), strings.Repeat("b", 1<<10)
	wrote, release := make(chan bool), make(chan bool)
	endpoints := []Endpoint{unixEndpoint(filepath.Join(socketDir(t), "s"))}
	s, err := Open(endpoints, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Serve(transport.Mounts{{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(first)+len(second)))
		_, _ = io.WriteString(w, first)
		wrote <- true
		<-release
		_, _ = io.WriteString(w, second)
	})}})
	c := dial(t, s.Addrs()[0])
	c.send("GET / HTTP/1.1\r\n\r\n")
	if _, err := c.head(); err != nil {
		t.Fatal(err)
	}
	s.BeginHandOver()
	finished := make(chan Handed)
	go func() { finished <- s.FinishHandOver(context.Background()) }()
	<-wrote
	var body strings.Builder
	if _, err := io.CopyN(&body, c.in, 64<<10); err != nil {
		t.Fatal(err)
	}
	release <- true
	next, err := Take(endpoints, Options{}, <-finished)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	next.Serve(nil)
	if _, err := io.CopyN(&body, c.in, int64(len(first)+len(second)-body.Len())); err != nil || body.String() != first+second {
		t.Errorf("%v; in order: %v", err, body.String() == first+second)
	}
}

// TestHandOverRefused: a client that is still sending what was refused gets the refusal.
func TestHandOverRefused(t *testing.T) {
	d := lonely(t)
	c := dial(t, d.server.Addrs()[0])
	c.send("POST /RPC2 HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n" + strings.Repeat("x", 1<<16))
	d.handOver()
	c.send(strings.Repeat("x", 1<<16))
	if r := c.mustReply(); r.code() != "413" {
		t.Errorf("got %+v", r)
	}
}

// TestHandOverPage: an action of the page that consists of two calls goes on with the
// second, and the page's token stays good.
func TestHandOverPage(t *testing.T) {
	d := lonely(t)
	token := d.pages.Token()
	c := dial(t, d.server.Addrs()[0])
	c.send(post("/live/action", "action=restart&selected=cat&token="+token,
		"Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://elsewhere\r\n"))
	d.awaitJobs(1)
	d.handOver()
	d.endJobs(1)
	d.awaitJobs(2)
	d.handOver()
	d.endJobs(2)
	if r := c.mustReply(); r.code() != "200" || !strings.Contains(r.body, `"ok":true`) {
		t.Errorf("got %+v", r)
	}
	if d.done["stop cat"] != 1 || d.done["start cat"] != 1 {
		t.Errorf("done: %v", d.done)
	}
}

// TestHandOverEvents: the pages' streams go on, without another head.
func TestHandOverEvents(t *testing.T) {
	d := found(t, noLogs{}, unixEndpoint(filepath.Join(socketDir(t), "s")))
	defer func() { _ = d.server.Close() }()
	defer func() { d.tails.Close() }()
	c := dial(t, d.server.Addrs()[0])
	c.send("GET /live/events HTTP/1.1\r\n\r\n")
	if r, err := c.head(); err != nil || r.code() != "200" {
		t.Fatalf("%+v, %v", r, err)
	}
	for range 3 {
		wantEvent(t, c, "event: hello")
		wantEvent(t, c, `data: {"token":"`+d.pages.Token()+`"}`)
		d.handOver()
	}
	d.pages.Close()
	wantEvent(t, c, "0")
	wantEvent(t, c, "")
	c.wantOpen()
}

// TestHandOverLogEvents: the page's stream of a log goes on where it was, within a
// character too.
func TestHandOverLogEvents(t *testing.T) {
	d := lonely(t)
	d.output = filepath.Join(t.TempDir(), "log")
	add(t, d.output, "one\n\xe2\x82")
	c := dial(t, d.server.Addrs()[0])
	c.send("GET /live/log?processname=cat HTTP/1.1\r\n\r\n")
	if r, err := c.head(); err != nil || r.code() != "200" {
		t.Fatalf("%+v, %v", r, err)
	}
	wantEvent(t, c, "event: begin")
	wantEvent(t, c, `data: "one\n"`)
	d.handOver()
	add(t, d.output, "\xac two\n")
	wantEvent(t, c, `data: "€ two\n"`)
	d.handOver()
	if err := os.Rename(d.output, d.output+".1"); err != nil {
		t.Fatal(err)
	}
	add(t, d.output, "three\n")
	wantEvent(t, c, `data: "three\n"`)
}

func wantEvent(t *testing.T, c *client, want string) {
	t.Helper()
	for {
		line, err := c.in.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "HTTP/") {
			t.Fatalf("got %q, %v, want %q", line, err, want)
		}
		if strings.TrimRight(line, "\r\n") == want {
			return
		}
	}
}
