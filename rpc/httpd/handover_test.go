package httpd

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"reeve/supervisor/logfile"
)

// crowd are clients that call all the time. Each sends texts that nobody else sends and
// fails the test unless each is answered, in order.
type crowd struct {
	t    *testing.T
	d    *lineage
	wg   sync.WaitGroup
	stop atomic.Bool

	mu   sync.Mutex
	done []*atomic.Int64 // how many requests each client has had answered
	want map[string]bool
	open []*client
}

// run starts a client. step sends requests with the given texts and checks the answers.
func (c *crowd) run(name string, atOnce int, step func(texts []string) error) {
	count := new(atomic.Int64)
	c.mu.Lock()
	c.done = append(c.done, count)
	c.mu.Unlock()
	c.wg.Go(func() {
		for i := 0; !c.stop.Load(); i++ {
			var texts []string
			c.mu.Lock()
			for k := range atOnce {
				texts = append(texts, fmt.Sprintf("%s %d.%d", name, i, k))
				c.want[texts[k]] = true
			}
			c.mu.Unlock()
			if err := step(texts); err != nil {
				c.t.Errorf("%s, request %d: %v", name, i, err)
				count.Store(1 << 40)
				return
			}
			count.Add(1)
		}
	})
}

// progress waits until each client has had another answer.
func (c *crowd) progress() {
	c.t.Helper()
	before := make([]int64, len(c.done))
	for i, n := range c.done {
		before[i] = n.Load()
	}
	for i, n := range c.done {
		until(c.t, func() bool { return n.Load() > before[i] || n.Load() >= 1<<40 }, func() string { return fmt.Sprintf("client %d hangs", i) })
	}
}

// ask sends calls of a method with raw writes of at most piece bytes and expects the
// texts back.
func ask(c *client, piece int, method string, texts []string) error {
	_ = c.SetDeadline(time.Now().Add(patience))
	var all strings.Builder
	for _, text := range texts {
		all.WriteString(strings.Replace(call(method, text), "\r\n", "\r\nAuthorization: Basic dTpw\r\n", 1))
	}
	raw := all.String()
	for len(raw) > 0 {
		n := min(piece, len(raw))
		if _, err := io.WriteString(c, raw[:n]); err != nil {
			return err
		}
		raw = raw[n:]
	}
	for _, text := range texts {
		r, err := c.reply()
		if err != nil {
			return fmt.Errorf("%w in place of the answer to %q", err, text)
		}
		if r.code() != "200" || !strings.Contains(r.body, ">"+text+"<") {
			return fmt.Errorf("got %s %q in place of the answer to %q", r.status, r.body, text)
		}
	}
	return nil
}

// newCrowd starts clients of each kind on each address.
func newCrowd(t *testing.T, d *lineage) *crowd {
	c := &crowd{t: t, d: d, want: map[string]bool{}}
	for _, addr := range d.server.Addrs() {
		for _, kind := range []struct {
			name          string
			atOnce, piece int
			fresh         bool
		}{
			{"keeps", 1, 1 << 20, false},
			{"connects", 1, 1 << 20, true},
			{"pipelines", 20, 1 << 20, false},
			{"pipelines in pieces", 5, 100, false},
			{"sends bytes", 1, 1, false},
		} {
			for i := range clientsOfEach {
				conn := dial(t, addr)
				c.open = append(c.open, conn)
				c.run(fmt.Sprint(addr.Network(), " ", kind.name, " ", i), kind.atOnce, func(texts []string) error {
					if kind.fresh {
						_ = conn.Close()
						nc, err := net.Dial(addr.Network(), addr.String())
						if err != nil {
							return err
						}
						*conn = *newClient(t, nc)
					}
					return ask(conn, kind.piece, "test.once", texts)
				})
			}
		}
	}
	return c
}

// end ends the clients and checks that what they sent was carried out once.
func (c *crowd) end() {
	c.t.Helper()
	c.stop.Store(true)
	c.wg.Wait()
	sent := c.d.sent()
	for text := range c.want {
		if sent[text] != 1 {
			c.t.Errorf("%q was carried out %d times", text, sent[text])
		}
	}
	c.t.Logf("%d requests", len(c.want))
}

func (c *crowd) close() {
	for _, conn := range c.open {
		_ = conn.Close()
	}
}

func twoEndpoints(t *testing.T) []Endpoint {
	return []Endpoint{
		{Section: "inet_http_server", Host: "127.0.0.1", Username: "u", Password: "p"},
		unixEndpoint(filepath.Join(socketDir(t), "s")),
	}
}

// openDescriptors counts the descriptors of this process, where that is possible.
func openDescriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil && runtime.GOOS == "linux" {
		t.Fatal(err)
	}
	return len(names)
}

// warmUp makes the runtime and package disk open what they keep.
func warmUp(t *testing.T, path string) {
	t.Helper()
	f, err := logfile.Follow(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

const (
	generations   = 50
	clientsOfEach = 1
)

// TestHandOverUnderLoad: 50 hand-overs while clients of all kinds call, one reads a long
// reply slowly, one follows a log, one sends a long body, and three wait; no request is
// refused, lost, carried out twice or answered wrongly, and no descriptor stays.
func TestHandOverUnderLoad(t *testing.T) {
	logFile := filepath.Join(t.TempDir(), "log")
	add(t, logFile, "line 0\n")
	endpoints := twoEndpoints(t)
	warmUp(t, logFile)
	found(t, nil, endpoints...).end()
	before := openDescriptors(t)
	d := found(t, &fakeLogs{stdout: logFile}, endpoints...)
	addr := d.server.Addrs()[1]
	crowd := newCrowd(t, d)

	tail := dial(t, addr)
	tail.send("GET /logtail/cat HTTP/1.1\r\n\r\n")
	if r, err := tail.head(); err != nil || r.code() != "200" {
		t.Fatalf("%+v, %v", r, err)
	}
	lines := httputil.NewChunkedReader(tail.in)
	wantText(t, lines, "line 0\n")

	const long = 512 << 10
	slow := dial(t, addr)
	slow.send(call("test.echo", strings.Repeat("0123456789abcdef", long/16)))

	sending := dial(t, addr)
	body := call("test.once", strings.Repeat("z", 1<<18))
	part := len(body) / (generations / 2)

	stopping, batch, marking := dial(t, addr), dial(t, addr), dial(t, addr)
	stopping.send(call("supervisor.stopProcess", "one"))
	batch.send(multicall(entry("test.once", "first"), entry("supervisor.stopProcess", "two"), entry("test.once", "last")))
	marking.send(call("test.mark"))
	if m := <-d.marks; m != "left" {
		t.Fatal(m)
	}

	var got strings.Builder
	for i := range generations {
		d.handOver()
		for _, c := range []*client{tail, slow, sending, stopping, batch, marking} {
			_ = c.SetDeadline(time.Now().Add(patience))
		}
		add(t, logFile, fmt.Sprintf("line %d\n", i+1))
		wantText(t, lines, fmt.Sprintf("line %d\n", i+1))
		if n := min(part, len(body)); n > 0 {
			sending.send(body[:n])
			body = body[n:]
		}
		if _, err := io.CopyN(&got, slow.in, long/generations/2); err != nil {
			t.Fatal(err)
		}
		crowd.progress()
		if i == generations-3 {
			d.endJobs(2)
		}
	}
	wantAnswer := func(c *client, text string) {
		t.Helper()
		if r := c.mustReply(); r.code() != "200" || !strings.Contains(r.body, text) {
			t.Errorf("got %q %q, want %q", r.status, r.body, text)
		}
		c.wantOpen()
	}
	wantAnswer(stopping, "<boolean>1</boolean>")
	wantAnswer(batch, "<string>first</string></value>\n<value><boolean>1</boolean></value>\n<value><string>last</string>")
	wantAnswer(marking, "begun")
	wantAnswer(sending, strings.Repeat("z", 1<<18))
	if m := <-d.marks; m != "found begun" {
		t.Error(m)
	}
	crowd.end()
	slow.in = bufio.NewReader(io.MultiReader(strings.NewReader(got.String()), slow.in))
	if r := slow.mustReply(); strings.Count(r.body, "0123456789abcdef") != long/16 {
		t.Errorf("got %q and %d bytes", r.status, len(r.body))
	}
	wantOnce(t, d)
	d.end()
	if _, err := os.Stat(addr.String()); err == nil {
		t.Error("the socket file is still there")
	}
	for _, c := range []*client{tail, slow, sending, stopping, batch, marking} {
		_ = c.Close()
	}
	crowd.close()
	until(t, func() bool { return openDescriptors(t) <= before }, func() string {
		return fmt.Sprintf("%d descriptors before, now %d", before, openDescriptors(t))
	})
	wantLogged(t, d.log.String(), len(crowd.want))
}

// wantLogged fails unless each line is in the log as often as without any hand-over.
func wantLogged(t *testing.T, log string, requests int) {
	t.Helper()
	for text, n := range map[string]int{
		"\n50 ": 1, "\n40 ": 0, "\n30 ": 0, "HTTP server started": 2,
		"called: test.once()": requests + 1, "test.once() returned": requests + 1,
		"called: test.mark()": 1, "test.mark() returned": 1,
		"called: supervisor.stopProcess()": 1, "supervisor.stopProcess() returned": 1,
		"called: system.multicall()": 1, "system.multicall() returned": 1,
		`"POST /RPC2 HTTP/1.1" 200`: requests + 5,
	} {
		if got := strings.Count(log, text); got != n {
			t.Errorf("%q is %d times in the log, want %d", text, got, n)
		}
	}
}

// wantOnce fails unless each stop was carried out once.
func wantOnce(t *testing.T, d *lineage) {
	t.Helper()
	for _, what := range []string{"stop one", "stop two"} {
		if d.done[what] != 1 {
			t.Errorf("%s: %d times", what, d.done[what])
		}
	}
	for _, text := range []string{"first", "last", strings.Repeat("z", 1<<18)} {
		if n := d.stdins[text]; n != 1 {
			t.Errorf("%.10q was sent %d times", text, n)
		}
	}
}

func multicall(entries ...string) string {
	return post("/RPC2", "<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>"+
		strings.Join(entries, "")+"</data></array></value></param></params></methodCall>", "")
}

func entry(method string, args ...string) string {
	var values strings.Builder
	for _, a := range args {
		values.WriteString("<value>" + a + "</value>")
	}
	return "<value><struct><member><name>methodName</name><value>" + method + "</value></member><member><name>params</name><value><array><data>" +
		values.String() + "</data></array></value></member></struct></value>"
}
