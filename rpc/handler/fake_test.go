package handler_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"reeve/rpc/handler"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor/process"
)

// fakeRPC answers a few methods; "wait" blocks until its context ends.
type fakeRPC struct{ gone chan error }

func (f *fakeRPC) Prompt(method string) bool { return method != "wait" }

func (f *fakeRPC) Call(ctx context.Context, call xmlrpc.Call, dst []byte) ([]byte, error) {
	switch call.Method {
	case "echo":
		return xmlrpc.AppendReply(dst, call.Params[0]), nil
	case "fail":
		return nil, errors.New("it broke")
	case "wait":
		f.gone <- nil
		<-ctx.Done()
		f.gone <- ctx.Err()
		return nil, ctx.Err()
	}
	return nil, &xmlrpc.Fault{Code: 1, Text: "UNKNOWN_METHOD"}
}

// fakeLogs has the log of one process, cat, and the main log in the same file.
type fakeLogs string

func (l fakeLogs) ProcessLog(_ context.Context, name, channel string) (string, error) {
	if name != "cat" && name != "g:cat" || channel != "stdout" {
		return "", errors.New("no such log")
	}
	return string(l), nil
}

func (l fakeLogs) MainLog() (string, error) { return string(l), nil }

// lines collects log lines.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) add(level process.Level, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(&l.text, "%d %s\n", level, line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// serve serves a handler with net/http's own server until the test ends.
func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func logFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func addTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		_ = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// wantLine fails unless the next line of a stream is the wanted one.
func wantLine(t *testing.T, in *bufio.Reader, want string) {
	t.Helper()
	if got, err := in.ReadString('\n'); got != want+"\n" {
		t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

var _ handler.RPC = (*fakeRPC)(nil)
