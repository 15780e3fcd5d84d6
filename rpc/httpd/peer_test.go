package httpd

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"reeve/rpc/caller"
)

// A handler learns who sent a request, by whichever way it came.
func TestIdentity(t *testing.T) {
	seen := make(chan context.Context, 1)
	web := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Context() })
	ts := open(t, Options{}, Handlers{Web: web}, unixEndpoint(socketDir(t)+"/s"),
		Endpoint{Section: "open", Host: "127.0.0.1"}, Endpoint{Section: "closed", Host: "127.0.0.1", Username: "u", Password: "p"})
	unix, tcp, closed := dial(t, ts.Addrs()[0]), dial(t, ts.Addrs()[1]), dial(t, ts.Addrs()[2])
	const password, foreign = "Authorization: Basic dTpw\r\n", "Host: h\r\nSec-Fetch-Site: cross-site\r\n"
	var contexts []context.Context
	for i, c := range []struct {
		client  *client
		headers string
		want    caller.Identity
	}{
		{unix, "", caller.Identity{Auth: caller.Unasked, Site: caller.Script}},
		{unix, foreign, caller.Identity{Auth: caller.Unasked, Site: caller.Foreign}},
		{unix, "", caller.Identity{Auth: caller.Unasked, Site: caller.Script}},
		{tcp, "", caller.Identity{Auth: caller.Unasked, Site: caller.Script}},
		{tcp, password, caller.Identity{Auth: caller.Unasked, Site: caller.Script}}, // nobody asked for it
		{closed, password, caller.Identity{User: "u", Auth: caller.Password, Site: caller.Script}},
		{closed, password + "Host: h\r\nSec-Fetch-Site: none\r\n", caller.Identity{User: "u", Auth: caller.Password, Site: caller.Own}},
	} {
		c.client.send("GET /x HTTP/1.1\r\n" + c.headers + "\r\n")
		c.client.mustReply()
		ctx := <-seen
		contexts = append(contexts, ctx)
		got := *caller.Of(ctx)
		if got.User != c.want.User || got.Auth != c.want.Auth || got.Site != c.want.Site {
			t.Errorf("request %d: %+v", i, got)
		}
		local := c.client.LocalAddr().String()
		if c.client == unix {
			if got.Address != "localhost:0" || got.IP.IsValid() || got.Unix == nil || got.Server.Name != "<unix domain socket>" || got.Server.Port != ts.Addrs()[0].String() {
				t.Fatalf("request %d: %+v", i, got)
			}
			if p := got.Unix; p.UID != os.Geteuid() || p.GID != os.Getegid() || p.PID != os.Getpid() && runtime.GOOS == "linux" {
				t.Errorf("request %d: the peer is %+v", i, p)
			}
		} else if got.Address != local || got.IP.String() != "127.0.0.1" || got.Unix != nil || got.Server.Name != "127.0.0.1" || got.Server.Section == "" {
			t.Errorf("request %d: %+v, want %s", i, got, local)
		}
	}
	if who := caller.Of(contexts[0]); who.Site != caller.Script || contexts[1] == contexts[0] {
		t.Errorf("a later request has changed the identity of an earlier one: %+v", who)
	}
	closed.send("GET /x HTTP/1.1\r\n\r\n")
	if r := closed.mustReply(); r.code() != "401" || len(seen) > 0 {
		t.Errorf("without a password: %+v", r)
	}
}

// Every handler answers the same under net/http's server.
func TestSameUnderNetHTTP(t *testing.T) {
	handlers := Handlers{RPC: &fakeRPC{}}
	mounts := handlers.mounts(t, Options{})
	ts := open(t, Options{}, handlers, Endpoint{Section: "inet", Host: "127.0.0.1"})
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := &caller.Identity{Site: caller.Script}
		mounts.Find(r.URL.Path).Handler.ServeHTTP(w, r.WithContext(caller.With(r.Context(), who)))
	}))
	defer plain.Close()
	once := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	observe := func(server, method, path, body string) string {
		r, err := http.NewRequestWithContext(t.Context(), method, server+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "h:1"
		reply, err := once.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		text, err := io.ReadAll(reply.Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, server := range []string{"Server", "Date", "Last-Modified", "X-Content-Type-Options", "Cross-Origin-Resource-Policy"} {
			reply.Header.Del(server)
		}
		return fmt.Sprintf("%d %v %q", reply.StatusCode, reply.Header, text)
	}
	for _, c := range [][3]string{
		{"POST", "/RPC2", "<a><methodName>supervisor.getAPIVersion</methodName></a>"},
		{"POST", "/RPC2foo", "<a><methodName>nothing</methodName></a>"},
		{"POST", "/RPC2", "<a><methodName>test.fail</methodName></a>"},
		{"POST", "/RPC2", "<a><methodName>test.echo</methodName><params><param><value>" + strings.Repeat("long ", 100_000) + "</value></param></params></a>"},
		{"POST", "/RPC2", "hello"},
		{"GET", "/RPC2", ""},
		{"GET", "/logtail/none", ""},
		{"POST", "/mainlogtail", "x"},
		{"GET", "/ok.html", ""},
		{"GET", "/ok.html;a=b", ""},
		{"POST", "/ok.html", "a=b"},
		{"GET", "/none", ""},
		{"DELETE", "/", ""},
		{"GET", "/images", ""},
		{"GET", "/stylesheets/supervisor.css", ""},
		{"HEAD", "/stylesheets/supervisor.css", ""},
	} {
		ours := observe("http://"+ts.Addrs()[0].String(), c[0], c[1], c[2])
		if want := observe(plain.URL, c[0], c[1], c[2]); ours != want {
			t.Errorf("%.60q:\nours     %.500s\nnet/http %.500s", c, ours, want)
		}
	}
}
