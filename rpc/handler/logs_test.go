package handler_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"reeve/rpc/budget"
	"reeve/rpc/handler"
)

// streams serves the streams of a log.
func streams(t *testing.T, path string) (http.Handler, *handler.Logs) {
	t.Helper()
	logs := handler.NewLogs(fakeLogs(path))
	mux := http.NewServeMux()
	mux.HandleFunc("/logtail/", logs.Process)
	mux.HandleFunc("/mainlogtail", logs.Main)
	return mux, logs
}

func follow(t *testing.T, ctx context.Context, url string) (*http.Response, *bufio.Reader) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reply.Body.Close() })
	return reply, bufio.NewReader(reply.Body)
}

// Streams behave under net/http's server as they do under ours.
func Test225To228StreamsUnderNetHTTP(t *testing.T) {
	t.Parallel()
	path := logFile(t, strings.Repeat("x", 500)+strings.Repeat("y", 1023)+"\n")
	h, logs := streams(t, path)
	s := serve(t, h)
	for target, buffered := range map[string]string{"/logtail/cat": "no", "/logtail/g:cat/stdout": "no", "/logtail/%2563at": "no", "/mainlogtail": ""} {
		reply, in := follow(t, t.Context(), s.URL+target)
		header := reply.Header
		if reply.StatusCode != 200 || header.Get("Content-Type") != "text/plain;charset=utf-8" || header.Get("Last-Modified") == "" ||
			header.Get("X-Accel-Buffering") != buffered {
			t.Errorf("%s: %d %v", target, reply.StatusCode, header)
		}
		wantLine(t, in, strings.Repeat("y", 1023))
	}
	for target, want := range map[string]int{"/logtail/none": 404, "/logtail/cat/stderr": 404, "/logtail/cat/stdout/": 404, "/logtail/": 404} {
		if reply, _ := follow(t, t.Context(), s.URL+target); reply.StatusCode != want {
			t.Errorf("%s: %d", target, reply.StatusCode)
		}
	}
	one, in := follow(t, t.Context(), s.URL+"/mainlogtail")
	wantLine(t, in, strings.Repeat("y", 1023))
	addTo(t, path, "more\n")
	wantLine(t, in, "more")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("another file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantLine(t, in, "another file")
	logs.Close()
	if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
		t.Errorf("after the end of all streams: %q, %v", rest, err)
	}
	_ = one.Body.Close()
}

// A stream ends when its client goes away: the handler returns.
func TestStreamEndsWithItsClient(t *testing.T) {
	t.Parallel()
	h, _ := streams(t, logFile(t, "old\n"))
	ended := make(chan struct{})
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		h.ServeHTTP(w, r)
	}))
	ctx, cancel := context.WithCancel(t.Context())
	_, in := follow(t, ctx, s.URL+"/logtail/cat")
	wantLine(t, in, "old")
	cancel()
	<-ended
}

// brokenWriter fails from its first flush on.
type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) FlushError() error { return errors.New("broken") }

func TestStreamsRefused(t *testing.T) {
	t.Parallel()
	path := logFile(t, "old\n")
	h, _ := streams(t, path)
	ctx := budget.With(t.Context(), &budget.Account{Lasts: func(kind budget.Long) bool { return kind != budget.Stream }})
	for target, want := range map[string]int{"/logtail/cat": 503, "/mainlogtail": 503} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", target, nil).WithContext(ctx))
		if w.Code != want || w.Header().Get("X-Accel-Buffering") != "" {
			t.Errorf("%s without room: %d %v", target, w.Code, w.Header())
		}
	}
	for _, target := range []string{"/logtail/cat", "/mainlogtail"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", target, nil))
		if w.Code != 400 {
			t.Errorf("POST %s: %d", target, w.Code)
		}
		w = httptest.NewRecorder()
		h.ServeHTTP(brokenWriter{w}, httptest.NewRequest("GET", target, nil)) // returns
		if err := os.Rename(path, path+".gone"); err != nil {
			t.Fatal(err)
		}
		w = httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if w.Code != 404 {
			t.Errorf("%s without its file: %d", target, w.Code)
		}
		if err := os.Rename(path+".gone", path); err != nil {
			t.Fatal(err)
		}
	}
}
