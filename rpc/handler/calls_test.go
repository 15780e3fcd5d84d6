package handler_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"reeve/rpc/budget"
	"reeve/rpc/handler"
)

func document(method, param string) string {
	return "<methodCall><methodName>" + method + "</methodName><params><param><value>" + param + "</value></param></params></methodCall>"
}

// Calls behave under net/http's server as they do under ours.
func Test229To236CallsUnderNetHTTP(t *testing.T) {
	t.Parallel()
	log := &lines{}
	s := serve(t, &handler.Calls{RPC: &fakeRPC{}, Log: log.add})
	long := strings.Repeat("0123456789", 100_000)
	for name, c := range map[string]struct {
		method string
		body   io.Reader
		status int
		want   string
	}{
		"call":           {"POST", strings.NewReader(document("echo", "äöü")), 200, "<string>äöü</string>"},
		"long":           {"POST", strings.NewReader(document("echo", long)), 200, "<string>" + long + "</string>"},
		"fault":          {"POST", strings.NewReader(document("nothing", "")), 200, "<string>UNKNOWN_METHOD</string>"},
		"internal error": {"POST", strings.NewReader(document("fail", "")), 500, "Error code 500."},
		"GET":            {"GET", nil, 400, "Error code 400."},
		"chunked":        {"POST", iotest.OneByteReader(strings.NewReader(document("echo", "x"))), 411, "Error code 411."},
		"empty":          {"POST", http.NoBody, 400, "Error code 400."},
		"no XML":         {"POST", strings.NewReader("hello\x1b"), 400, "Error code 400."},
		"no method":      {"POST", strings.NewReader("<a/>"), 400, "Error code 400."},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, s.URL+"/RPC2", c.body)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		want := map[bool]string{true: "text/xml", false: "text/html"}[c.status == 200]
		if err != nil || reply.StatusCode != c.status || !strings.Contains(string(body), c.want) || reply.Header.Get("Content-Type") != want ||
			reply.ContentLength != int64(len(body)) {
			t.Errorf("%s: %d %v %.200q, %v", name, reply.StatusCode, reply.Header, body, err)
		}
	}
	for _, want := range []string{
		"5 XML-RPC method called: echo()\n", "5 XML-RPC method echo() returned successfully\n",
		"5 XML-RPC method nothing() returned fault: [1] UNKNOWN_METHOD\n", `40 XML-RPC request data 'hello\x1b' is invalid: unmarshallable`,
		"40 XML-RPC request data '<a/>' is invalid: no method name", "50 Handling XML-RPC request for fail() raised an unexpected exception: it broke",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no line %q in\n%s", want, log)
		}
	}
}

// A call that waits ends when its client goes away.
func TestWaitingCallUnderNetHTTP(t *testing.T) {
	t.Parallel()
	rpc := &fakeRPC{gone: make(chan error)}
	s := serve(t, &handler.Calls{RPC: rpc})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "POST", s.URL, strings.NewReader(document("wait", "")))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if reply, err := s.Client().Do(r); err == nil {
			_ = reply.Body.Close()
			t.Error("an answer came")
		}
	}()
	<-rpc.gone
	cancel()
	if err := <-rpc.gone; err == nil {
		t.Error("the call's context has not ended")
	}
	<-done
}

// What a body and the values in it take is bounded by the request's account, as is the
// number of calls that wait.
func TestCallsAndBudget(t *testing.T) {
	t.Parallel()
	none := budget.New(budget.Limits{Each: 1 << 20, All: 1 << 20, WaitFor: time.Millisecond}, func() bool { return false })
	long := strings.Repeat("x", 800<<10)
	for name, c := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"fits":            {document("echo", long[:200<<10]), 200, "</string>"},
		"body too long":   {document("echo", long+long), 503, "Error code 503."},
		"values too many": {document("echo", long[:400<<10]+strings.Repeat("<i/>", 20_000)), 503, "Error code 503."},
		"waits":           {document("wait", ""), 200, "too many requests are waiting"},
	} {
		ctx := budget.With(t.Context(), &budget.Account{
			Body: none.Share(), Reply: none.Share(), Lasts: func(kind budget.Long) bool { return kind != budget.Wait },
		})
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/RPC2", strings.NewReader(c.body)).WithContext(ctx)
		(&handler.Calls{RPC: &fakeRPC{}}).ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) || w.Header().Get("Connection") != map[bool]string{true: "close"}[c.status == 503] {
			t.Errorf("%s: %d %v %.100q", name, w.Code, w.Header(), w.Body)
		}
		budget.Body(ctx).Release()
	}
}

// A body that does not come is no call.
func TestBodyBreaksOff(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/RPC2", io.MultiReader(strings.NewReader("<methodCall>"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	r.ContentLength = 1000
	(&handler.Calls{RPC: &fakeRPC{}}).ServeHTTP(w, r)
	if w.Code != 400 || w.Header().Get("Connection") != "close" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
}

// fixed is a body that is in memory, as a transport may have it.
type fixed struct{ *strings.Reader }

func (fixed) Bytes() []byte { return []byte(document("echo", "from memory")) }
func (fixed) Close() error  { return nil }

func TestBodyInMemory(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/RPC2", fixed{strings.NewReader("not read")})
	r.ContentLength = 8
	(&handler.Calls{RPC: &fakeRPC{}}).ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), "from memory") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
