package httpd

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reeve/supervisor/logfile"
)

// fakeLogs has the logs of one process, cat of group g.
type fakeLogs struct{ stdout, main string }

func (l *fakeLogs) ProcessLog(_ context.Context, name, channel string) (string, error) {
	if name != "cat" && name != "g:cat" || channel != "stdout" {
		return "", errors.New("no such log")
	}
	return l.stdout, nil
}

func (l *fakeLogs) MainLog() (string, error) {
	if l.main == "" {
		return "", errors.New("no main log")
	}
	return l.main, nil
}

func openLogs(t *testing.T, text string) (*testServer, *fakeLogs) {
	t.Helper()
	l := &fakeLogs{stdout: filepath.Join(t.TempDir(), "out")}
	l.main = l.stdout
	if err := os.WriteFile(l.stdout, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, Options{}, Handlers{Logs: l}), l
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		_ = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func wantText(t *testing.T, in io.Reader, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if n, err := io.ReadFull(in, b); err != nil || string(b) != want {
		t.Fatalf("got %q, %v, want %q", b[:n], err, want)
	}
}

func Test225Paths(t *testing.T) {
	ts, l := openLogs(t, "hello")
	for path, want := range map[string]string{
		"/logtail/cat": "200", "/logtail/cat/stdout": "200", "/logtail/g:cat": "200", "/logtail/g%3Acat": "200", "/logtail/g%253Acat": "200",
		"/logtailx/cat": "200", "/logtail/cat;x?y": "200", "/mainlogtail": "200", "/mainlogtailx": "200", "/%6cogtail/cat": "200",
		"/logtail": "404", "/logtail/": "404", "/logtail//cat": "404", "/logtail/none": "404", "/logtail/g:*": "404", "/logtail/cat/stderr": "404",
		"/logtail/cat/stdin": "404", "/logtail/cat/stdout/": "404", "//logtail/cat": "404",
	} {
		c := ts.dial(t)
		c.send("GET " + path + " HTTP/1.1\r\n\r\n")
		if r, err := c.head(); err != nil || r.code() != want {
			t.Errorf("%s: %s, %v", path, r.status, err)
		}
	}
	for _, method := range []string{"POST", "HEAD", "get"} {
		for _, path := range []string{"/logtail/cat", "/mainlogtail"} {
			if r := ts.one(t, method+" "+path+" HTTP/1.1\r\n\r\n"); r.code() != "400" {
				t.Errorf("%s %s: %s", method, path, r.status)
			}
		}
	}
	l.main, l.stdout = "", filepath.Join(t.TempDir(), "none")
	for _, path := range []string{"/mainlogtail", "/logtail/cat"} {
		if r := ts.one(t, "GET "+path+" HTTP/1.1\r\n\r\n"); r.code() != "404" {
			t.Errorf("%s: %s", path, r.status)
		}
	}
	if r := open(t, Options{}, Handlers{}).one(t, "GET /logtail/cat HTTP/1.1\r\n\r\n"); r.code() != "404" {
		t.Errorf("without logs: %s", r.status)
	}
}

func Test226Stream(t *testing.T) {
	ts, l := openLogs(t, strings.Repeat("x", 500)+strings.Repeat("y", 1024))
	c := ts.dial(t)
	c.send("GET /logtail/cat HTTP/1.1\r\n\r\n")
	r, err := c.head()
	if err != nil || r.header.Get("Content-Type") != "text/plain;charset=utf-8" || r.header.Get("X-Accel-Buffering") != "no" ||
		r.header.Get("Transfer-Encoding") != "chunked" || r.header.Get("Connection") != "" {
		t.Fatalf("got %+v, %v", r, err)
	}
	info, _ := os.Stat(l.stdout)
	if got := r.header.Get("Last-Modified"); got != info.ModTime().UTC().Format(http.TimeFormat) {
		t.Errorf("Last-Modified %q", got)
	}
	wantText(t, c.in, "400\r\n"+strings.Repeat("y", 1024)+"\r\n")
	add(t, l.stdout, "more\n")
	wantText(t, c.in, "5\r\nmore\n\r\n")
	// The stream goes on with a replaced file (fact 227).
	if err := os.Rename(l.stdout, l.stdout+".1"); err != nil {
		t.Fatal(err)
	}
	add(t, l.stdout, "new file")
	wantText(t, c.in, "8\r\nnew file\r\n")
	if err := os.Truncate(l.stdout, 2); err != nil {
		t.Fatal(err)
	}
	wantText(t, c.in, "17\r\n"+logfile.Truncated+"\r\n2\r\nne\r\n")
	ts.end() // properly
	if err := ts.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	wantText(t, c.in, "0\r\n\r\n")
	c.wantEnd()
}

// Test228Unchunked: a client that cannot get chunks gets the text at once.
func Test228Unchunked(t *testing.T) {
	for _, head := range []string{"HTTP/1.0\r\n\r\n", "HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"} {
		ts, l := openLogs(t, "old")
		c := ts.dial(t)
		c.send("GET /mainlogtail " + head)
		if r, err := c.head(); err != nil || r.header.Get("Transfer-Encoding") != "" || r.header.Get("X-Accel-Buffering") != "" || r.header.Get("Connection") != "" {
			t.Fatalf("got %+v, %v", r, err)
		}
		wantText(t, c.in, "old")
		add(t, l.main, "new")
		wantText(t, c.in, "new")
	}
}

// TestStreamEndsWithClient: a log is not polled for a client that has gone.
func TestStreamEndsWithClient(t *testing.T) {
	ts, _ := openLogs(t, "")
	c := ts.dial(t)
	c.send("GET /logtail/cat HTTP/1.1\r\n\r\n")
	if _, err := c.head(); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	until(t, func() bool { return ts.count() == 0 }, func() string { return "the stream goes on" })
}

// TestManyWatchers streams one log to a hundred clients, one of which never reads.
func TestManyWatchers(t *testing.T) {
	ts, l := openLogs(t, "")
	stuck := ts.dial(t)
	stuck.send("GET /logtail/cat HTTP/1.1\r\n\r\n")
	var clients []*client
	for range 100 {
		c := ts.dial(t)
		c.send("GET /logtail/cat HTTP/1.1\r\n\r\n")
		if _, err := c.head(); err != nil {
			t.Fatal(err)
		}
		clients = append(clients, c)
	}
	text := strings.Repeat("0123456789abcdef", 1<<14)
	add(t, l.stdout, text)
	for _, c := range clients {
		wantText(t, httputil.NewChunkedReader(c.in), text)
	}
}
