package probe

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"reeve/config/health"
)

func url(text string) health.Target { return health.Target{Kind: health.HTTP, URL: text} }

func TestHTTP(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	var connections atomic.Int32
	release := make(chan struct{})
	mux := http.NewServeMux()
	answer := func(path string, code int, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/500")
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		})
	}
	answer("/200", 200, "fine")
	answer("/204", 204, "")
	answer("/302", 302, "")
	answer("/404", 404, "not here")
	answer("/500", 500, "the database is gone")
	answer("/large", 503, strings.Repeat("x", 1<<20))
	mux.HandleFunc("/hangs", func(http.ResponseWriter, *http.Request) { <-release })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/asked", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "GET" || r.Header.Get("User-Agent") != "reeve-check" || !r.Close || r.URL.RawQuery != "a=b" {
			w.WriteHeader(400)
		}
	})
	s := httptest.NewUnstartedServer(mux)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	defer close(release)
	p := newPool(t, Options{})
	for i, c := range []struct{ path, want, body string }{
		{"/200", "ok", ""},
		{"/204", "ok", ""},
		{"/302", "ok", ""}, // not followed
		{"/endless", "ok", ""},
		{"/asked?a=b", "ok", ""},
		{"/404", "failure: 404 Not Found", "not here"},
		{"/500", "failure: 500 Internal Server Error", "the database is gone"},
		{"/large", "failure: 503 Service Unavailable", strings.Repeat("x", longestBody)},
		{"/none", "failure: 404 Not Found", "404 page not found\n"},
	} {
		r := wants(t, p, url(s.URL+c.path), patience, c.want)
		if string(r.Output) != c.body {
			t.Errorf("%s: output %.30q, want %.30q", c.path, r.Output, c.body)
		}
		if n := int(connections.Load()); n != i+1 {
			t.Errorf("%s: %d connections for %d probes", c.path, n, i+1)
		}
	}
	wants(t, p, url(s.URL+"/hangs"), 50*time.Millisecond, "failure: no answer within 50ms")
}

func TestHTTPS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = nil
	defer s.Close()
	p := newPool(t, Options{})
	wants(t, p, url(s.URL), patience, "ok") // a certificate that nobody signed
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer plain.Close()
	wants(t, p, url(strings.Replace(plain.URL, "http:", "https:", 1)), patience, "failure: tls: ")
}

// TestNoHTTP: whatever a server sends, a probe ends and says something about it.
func TestNoHTTP(t *testing.T) {
	l := listener(t)
	answers := make(chan string, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = conn.Read(make([]byte, 1024))
				fmt.Fprint(conn, <-answers)
			}()
		}
	}()
	p := newPool(t, Options{})
	target := url("http://" + l.Addr().String() + "/")
	for answer, want := range map[string]string{
		"":                              "failure: the connection was closed without an answer",
		"SSH-2.0-OpenSSH_9.2\r\n":       `failure: malformed HTTP response "SSH-2.0-OpenSSH_9.2"`,
		"HTTP/1.1 200\r\n\r\n":          "ok",
		"HTTP/1.1 503 \x1b[31m\r\n\r\n": "failure: 503  [31m",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n": "failure: ",
	} {
		answers <- answer
		r := wants(t, p, target, patience, want)
		if len(r.Detail) > longestText || bytes.ContainsAny([]byte(r.Detail), "\x1b\n") {
			t.Errorf("%.30q: %q", answer, r.Detail)
		}
	}
}
