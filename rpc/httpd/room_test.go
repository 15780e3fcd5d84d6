package httpd

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"reeve/rpc/transport"
	"reeve/supervisor/process"
)

// inetRoom is an endpoint with room for n connections.
func inetRoom(n int) Endpoint {
	return Endpoint{Section: "inet_http_server", Host: "127.0.0.1", MaxConnections: n}
}

// A full listener closes the connection that was idle longest; those that never sent a
// request go first.
func TestRoomForNewConnections(t *testing.T) {
	ts := open(t, Options{}, Handlers{}, inetRoom(16))
	kept := ts.dial(t)
	kept.wantOpen()
	idle := make([]*client, 15)
	for i := range idle {
		idle[i] = ts.dial(t)
		until(t, func() bool { return ts.count() == i+2 }, func() string { return "a connection was not accepted" })
	}
	ts.dial(t).wantOpen()
	idle[0].wantEnd()
	idle[1].wantOpen()
	idle[1].send("GET /ok.html HT") // half a head does not reset its waiting time
	ts.dial(t).wantOpen()
	idle[2].wantEnd()
	kept.wantOpen()
	for range 40 {
		ts.dial(t).wantOpen()
	}
	if n := strings.Count(ts.log.String(), "max_connections"); n != 1 {
		t.Errorf("said %d times in:\n%s", n, ts.log)
	}
}

// Connections whose requests are being answered are not closed: new ones are refused, and
// waiting calls get only a part of the room.
func TestNoRoom(t *testing.T) {
	ts := open(t, Options{}, Handlers{}, inetRoom(16))
	for range 12 {
		ts.dial(t).send(call("test.wait"))
		<-ts.rpc.entered
	}
	if r := ts.one(t, call("test.wait")); !strings.Contains(r.body, "too many requests are waiting") {
		t.Errorf("the thirteenth waiting call: %+v", r)
	}
	ts.dial(t).wantOpen()
	close(ts.rpc.release)
	until(t, func() bool { return ts.endpoints[0].long.Load() == 0 }, func() string { return "the calls still count" })
}

// When all connections are in use, a client is told so.
func TestSurplus(t *testing.T) {
	ts := open(t, Options{}, Handlers{}, inetRoom(16))
	e := ts.endpoints[0]
	ts.mu.Lock()
	for range e.room {
		e.conns[&conn{s: ts.Server, endpoint: e}] = struct{}{}
	}
	ts.mu.Unlock()
	if r := ts.one(t, "GET /ok.html HTTP/1.1\r\n\r\n"); r.code() != "503" {
		t.Errorf("got %+v", r)
	}
	ts.log.has(t, "all in use: new ones are refused")
}

func TestDescriptorsAreShared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		descriptors int
		paths       []string
		want        []int
	}{
		{1024, []string{"", "/s"}, []int{256, 256}},
		{1 << 20, []string{"", "/s"}, []int{512, 512}},
		{1024, []string{"", "", "/s"}, []int{128, 128, 256}},
		{1024, []string{""}, []int{512}},
		{10, []string{"", "/s"}, []int{16, 16}},
	} {
		s := &Server{}
		for _, p := range c.paths {
			s.endpoints = append(s.endpoints, &endpoint{Endpoint: Endpoint{Path: p}})
		}
		s.share(c.descriptors)
		for i, e := range s.endpoints {
			if e.room != c.want[i] {
				t.Errorf("%d descriptors, %q: room for %d, want %d", c.descriptors, c.paths, e.room, c.want[i])
			}
		}
	}
}

// A reply that a client does not read is dropped when others need the memory.
func TestMemoryOfSlowReaders(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	slow := ts.dial(t)
	slow.send(call("test.echo", strings.Repeat("x", 8<<20)))
	until(t, func() bool { return ts.dropSlowest() }, func() string { return "the slow reader keeps its memory" })
	until(t, func() bool { return ts.count() == 0 }, func() string { return "the slow reader still has its connection" })
	if n := len(ts.one(t, call("test.echo", "y")).body); n == 0 {
		t.Error("no reply afterwards")
	}
}

func TestBodyBeyondBudget(t *testing.T) {
	options := Options{}
	options.Memory.Each, options.Memory.All, options.Memory.WaitFor = 1<<20, 1<<20, time.Millisecond
	ts := open(t, options, Handlers{})
	for _, text := range []string{strings.Repeat("x", 2<<20), strings.Repeat("<i/>", 70_000)} {
		c := ts.dial(t)
		go func() { _, _ = io.WriteString(c, call("test.echo", text)) }()
		if r := c.mustReply(); r.code() != "503" {
			t.Errorf("%.10s: got %+v", text, r)
		}
	}
	if r := ts.one(t, call("test.echo", strings.Repeat("y", 200<<10))); r.code() != "200" {
		t.Errorf("a body that fits: %s", r.status)
	}
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, start := &logs{}, time.Now()
		r := &refusals{most: 5 * time.Second}
		r.tell = func(line string) { log.add(process.Warn, time.Since(start).String()+" "+line) }
		a, b := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
		var delays []time.Duration
		for range 14 {
			delays = append(delays, r.add("inet", a, badLogin))
		}
		if delays[4] != 0 || delays[5] != 100*time.Millisecond || delays[6] != 200*time.Millisecond || delays[13] != 5*time.Second {
			t.Errorf("delays %v", delays)
		}
		if d := r.add("inet", b, badLogin) + r.add("inet", netip.Addr{}, badLogin); d != 0 {
			t.Errorf("others wait %v", d)
		}
		for range 20 {
			if d := r.add("unix", netip.Addr{}, badLogin); d != 0 {
				t.Errorf("a unix socket's client waits %v", d)
			}
		}
		r.add("inet", a, badSite)
		time.Sleep(time.Hour)
		synctest.Wait()
		if d := r.add("inet", a, badLogin); d != 0 {
			t.Errorf("an hour later %v", d)
		}
		r.close()
		for _, want := range []string{
			"0s refused 1 login(s) from 10.0.0.1 to inet: wrong", "0s refused 1 login(s) from 10.0.0.2 to inet: wrong",
			"0s refused 1 login(s) from localhost to inet: wrong", "0s refused 1 login(s) from localhost to unix: wrong",
			"0s refused 1 request(s) of a browser at 10.0.0.1 to inet: ",
			"1m0s refused 13 login(s) from 10.0.0.1 to inet: wrong", "1m0s refused 19 login(s) from localhost to unix: wrong",
			"1h0m0s refused 1 login(s) from 10.0.0.1 to inet: wrong",
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("no line %q in:\n%s", want, log)
			}
		}
		if n := strings.Count(log.String(), "refused"); n != 8 {
			t.Errorf("%d lines:\n%s", n, log)
		}
	})
}

// Many peers cost only a bounded amount of memory and log lines.
func TestRefusalsOfManyPeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines atomic.Int32
		r := &refusals{most: time.Second, tell: func(string) { lines.Add(1) }}
		for i := range 5 * mostPeers {
			r.add("inet", netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), badLogin)
			v6 := [16]byte{0x20, 1, 15: byte(i)}
			r.add("inet", netip.AddrFrom16(v6), badLogin) // all in one /64
		}
		if len(r.peers) > mostPeers || lines.Load() > mostLines {
			t.Errorf("%d peers, %d lines", len(r.peers), lines.Load())
		}
		time.Sleep(90 * time.Second)
		synctest.Wait()
		if lines.Load() > 3*mostLines+2 {
			t.Errorf("%d lines after 90 s", lines.Load())
		}
		r.close()
	})
}

// A refused request never makes a log line above TRAC, nor a long one.
func TestAccessLinesOfStrangers(t *testing.T) {
	ts := open(t, Options{}, Handlers{}, Endpoint{Section: "inet", Host: "127.0.0.1", Username: "u", Password: "p"})
	long := "GET /error" + strings.Repeat("é", 20000) + " HTTP/1.1\r\n"
	ts.one(t, long+"\r\n")
	ts.one(t, long+"Authorization: Basic dTpw\r\n\r\n")
	ts.log.has(t, `..." 4`)
	until(t, func() bool { return strings.Count(ts.log.String(), "GET /error") == 2 }, func() string { return "not two lines in:\n" + ts.log.String() })
	for line := range strings.Lines(ts.log.String()) {
		if strings.Contains(line, " 401 ") && !strings.HasPrefix(line, "5 ") || strings.Contains(line, " 404 ") && !strings.HasPrefix(line, "40 ") || len(line) > transport.ShownText+200 {
			t.Errorf("a line of %d bytes: %.100s", len(line), line)
		}
	}
}

func TestFramingIsUnambiguous(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	const tail = "\r\n\r\n<methodCall><methodName>supervisor.getAPIVersion</methodName></methodCall>"
	for lines, want := range map[string]string{
		"Content-Length: 74\r\nContent-Length: 74":                            "200",
		"Content-Length: 74\r\nContent-Length: 5":                             "400",
		"Content-Length: 74\r\ncontent-length:":                               "400",
		"Content-Length : 74":                                                 "400",
		"Content-Length\t: 74":                                                "400",
		"Content-Length: 74\r\nContent-Length : 5":                            "400",
		"Content-Length: 7\r\n 4":                                             "400",
		"Content-Length: +74":                                                 "400",
		"Content-Length: 74\r\nTransfer-Encoding : chunked":                   "400",
		"Content-Length: 74\r\nTransfer-Encoding: x\r\n y":                    "400",
		"Content-Length: 74\r\nTransfer-Encoding: chunked":                    "411",
		"Content-Length: 74\r\nX y : z\r\nContent-Length-x : 5\r\nA: b\r\n c": "200",
	} {
		c := ts.dial(t)
		c.send("POST /RPC2 HTTP/1.1\r\n" + lines + tail)
		if r := c.mustReply(); r.code() != want {
			t.Errorf("%q: %s, want %s", lines, r.status, want)
		}
		if want != "200" {
			c.wantEnd()
		}
	}
}

// After a reply to HEAD with a body the connection ends: the client takes the body for
// the next reply.
func TestConnectionEndsAfterBodyForHead(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	for _, raw := range []string{"HEAD /none HTTP/1.1\r\n\r\n", "HEAD /RPC2 HTTP/1.1\r\n\r\n", "HEAD /mainlogtail HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"} {
		c := ts.dial(t)
		c.send(raw)
		if r := c.mustReply(); r.body == "" || r.header.Get("Connection") != "" {
			t.Errorf("%q: %+v", raw, r)
		}
		c.wantEnd()
	}
}

// badConn panics on reads.
type badConn struct {
	net.Conn
	reads int
}

func (c *badConn) Read(b []byte) (int, error) {
	if c.reads--; c.reads < 0 {
		panic("a mistake")
	}
	return c.Conn.Read(b)
}

// A panic while a head is read, or while a connection is watched, ends only that
// connection.
func TestMistakesInReading(t *testing.T) {
	for name, reads := range map[string]int{"head": 0, "watch": 1} {
		t.Run(name, func(t *testing.T) {
			ts := open(t, Options{Limits: Limits{WatchFor: time.Millisecond}}, Handlers{})
			mine, theirs := net.Pipe()
			ts.start(ts.endpoints[0], &badConn{theirs, reads})
			go func() { _, _ = io.WriteString(mine, call("test.wait")) }()
			go func() { _, _ = io.Copy(io.Discard, mine) }()
			ts.log.has(t, "raised an unexpected exception: a mistake")
			until(t, func() bool { return ts.count() == 0 }, func() string { return "the connection is still there" })
			ts.dial(t).wantOpen()
		})
	}
}

func TestListenIPv6(t *testing.T) {
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skip("no IPv6 here: ", err)
	} else {
		_ = l.Close()
	}
	for _, host := range []string{"[::1]", "::1"} {
		ts := open(t, Options{}, Handlers{}, Endpoint{Section: "inet", Host: host})
		ts.dial(t).wantOpen()
	}
}
