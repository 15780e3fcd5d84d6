package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"reeve/rpc/api"
)

// serve answers every request on a unix socket with handler and returns the URL.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cl") // short: a socket's path is limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return "unix://" + path
}

func newClient(t *testing.T, url string, creds *Credentials) *Client {
	t.Helper()
	c, err := New(url, creds)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// reply makes a client of a server that answers every call with one XML-RPC value.
func reply(t *testing.T, value string) *Client {
	t.Helper()
	body := "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n" + value + "\n</param>\n</params>\n</methodResponse>\n"
	return newClient(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }), nil)
}

func TestValues(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"<value><string>a &lt;b&gt; &amp; ü</string></value>":                "a <b> & ü",
		"<value><string></string></value>":                                   "",
		"<value><string/></value>":                                           "",
		"<value><nil/></value>":                                              "",
		"<value><string> kept </string></value>":                             " kept ",
		"<value><string>\x1b[31mred\x1b[0m\x00</string></value>":             "\uFFFD[31mred\uFFFD[0m\uFFFD",
		"<value><string>no &lt;fault&gt; at all</string></value>":            "no <fault> at all",
		"<value><string>two\nlines\tand a tab\n</string></value>":            "two\nlines\tand a tab\n",
		"<value><string>" + strings.Repeat("x", 1<<20) + "</string></value>": strings.Repeat("x", 1<<20),
	} {
		if got, err := reply(t, value).ReadMainLog(t.Context(), 0, 0); got != want || err != nil {
			t.Errorf("%.60s: %.60q, %v", value, got, err)
		}
	}
	if pid, err := reply(t, "<value><int>5000000000</int></value>").PID(t.Context()); pid != 5_000_000_000 || err != nil {
		t.Errorf("a number above 32 bits: %d, %v", pid, err)
	}
}

// The members of a process end in its two parts, whatever their order.
func TestProcess(t *testing.T) {
	t.Parallel()
	const one = `<value><struct>
<member><name>ready</name><value><boolean>1</boolean></value></member>
<member><name>name</name><value><string>web</string></value></member>
<member><name>last_exit</name><value><struct>
<member><name>signal</name><value><string>SIGKILL</string></value></member>
<member><name>code</name><value><int>-1</int></value></member>
</struct></value></member>
<member><name>new</name><value><string>unknown to this client</string></value></member>
<member><name>health</name><value><string></string></value></member>
<member><name>state</name><value><int>20</int></value></member>
</struct></value>`
	want := Process{
		ProcessInfo: ProcessInfo{Name: "web", State: 20},
		Attributes:  api.Attributes{Ready: true, LastExit: api.LastExit{Code: -1, Signal: "SIGKILL"}},
	}
	if p, err := reply(t, one).Process(t.Context(), "web"); err != nil || p != want {
		t.Errorf("got %+v, %v", p, err)
	}
	all, err := reply(t, "<value><array><data>"+one+one+"</data></array></value>").AllProcesses(t.Context())
	if err != nil || len(all) != 2 || all[1] != want {
		t.Errorf("got %+v, %v", all, err)
	}
	if _, err := reply(t, "<value><int>1</int></value>").AllProcesses(t.Context()); err == nil {
		t.Error("a number is taken as a list")
	}
}

func TestMulticall(t *testing.T) {
	t.Parallel()
	c := reply(t, `<value><array><data>
<value><boolean>1</boolean></value>
<value><struct><member><name>faultCode</name><value><int>10</int></value></member>
<member><name>faultString</name><value><string>BAD_NAME: x</string></value></member></struct></value>
<value><array><data><value><string>text</string></value><value><int>7</int></value><value><boolean>0</boolean></value></data></array></value>
<value><string></string></value>
</data></array></value>`)
	got, err := c.Multicall(t.Context(), []Step{{Method: "a"}, {Method: "b", Args: []any{"x", 1}}})
	if err != nil || len(got) != 4 {
		t.Fatalf("%v, %v", got, err)
	}
	tail, _ := got[2].([]any)
	if fault, ok := got[1].(*Fault); got[0] != true || !ok || fault.Code != api.BadName || fault.Text != "BAD_NAME: x" ||
		len(tail) != 3 || tail[0] != "text" || tail[1] != int64(7) || tail[2] != false || AsString(got[3]) != "" {
		t.Errorf("got %#v", got)
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	c := newClient(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n"+
			"<value><int>70</int></value>\n</member>\n<member>\n<name>faultString</name>\n<value><string>NOT_RUNNING: a</string></value>\n"+
			"</member>\n</struct></value>\n</fault>\n</methodResponse>\n")
	}), nil)
	err := c.Stop(t.Context(), "a", true)
	if fault, ok := errors.AsType[*Fault](err); !ok || fault.Code != api.NotRunning || fault.Text != "NOT_RUNNING: a" || FaultCode(err) != api.NotRunning {
		t.Errorf("got %#v", err)
	}
}

// TestOrder: the calls that only reeve has, with lists that are never nil.
func TestOrder(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	nodes, err := reply(t, `<value><array><data><value><struct>
<member><name>name</name><value><string>app</string></value></member>
<member><name>processes</name><value><array><data><value><string>app</string></value></data></array></value></member>
<member><name>needs</name><value><array><data></data></array></value></member>
</struct></value></data></array></value>`).Graph(ctx)
	want := []OrderNode{{Name: "app", Processes: []string{"app"}, Needs: []OrderNeed{}}}
	if err != nil || !reflect.DeepEqual(nodes, want) {
		t.Errorf("got %#v, %v; want %#v", nodes, err, want)
	}
	boot, err := reply(t, `<value><struct><member><name>took</name><value><double>1.5</double></value></member></struct></value>`).Boot(ctx)
	if err != nil || boot.Took != 1.5 || boot.Path == nil || boot.Steps == nil || boot.Missing == nil {
		t.Errorf("got %#v, %v", boot, err)
	}
	done := reply(t, "<value><boolean>1</boolean></value>")
	if err := done.StartAlone(ctx, "app", true); err != nil {
		t.Error(err)
	}
	several := reply(t, `<value><array><data></data></array></value>`)
	for _, start := range []func() ([]Result, error){
		func() ([]Result, error) { return several.StartGroupAlone(ctx, "web", false) },
		func() ([]Result, error) { return several.StartAllAlone(ctx, false) },
	} {
		if rs, err := start(); err != nil || len(rs) > 0 {
			t.Errorf("got %v, %v", rs, err)
		}
	}
}

func TestNotXMLRPC(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "plain text", "<value><string>cut", "<value><struct><member></struct></value>", "<value><int>x</int></value>"} {
		_, err := reply(t, value).PID(t.Context())
		if _, ok := errors.AsType[*ReplyError](err); !ok {
			t.Errorf("%q: %v", value, err)
		}
	}
	if _, err := reply(t, "<value><array><data></data></array></value>").ReloadConfig(t.Context()); err == nil {
		t.Error("an empty answer to reloadConfig passed")
	}
}

func TestTransportErrors(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(strings.TrimPrefix(serve(t, nil), "unix://"))
	if err := os.WriteFile(dir+"/plain", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().String()
	_ = listener.Close()
	hangUp := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, _ := http.NewResponseController(w).Hijack()
		_ = connection.Close()
	})
	for url, want := range map[string]Kind{
		"unix://" + dir + "/missing":                NoSuchFile,
		"unix://" + dir + "/plain":                  Refused,
		"unix://" + dir + "/plain/s":                Errno,
		"unix:///" + strings.Repeat("long/", 40):    TooLong,
		"http://" + port:                            Refused,
		"http://user:password@" + port + "/ignored": Refused,
		hangUp: Closed,
	} {
		err := newClient(t, url, nil).Shutdown(t.Context())
		if e, ok := errors.AsType[*TransportError](err); !ok || e.Kind != want || e.URL != url {
			t.Errorf("%s: %#v, want kind %d", url, err, want)
		}
	}
	for _, url := range []string{"", "foo", "ftp://x", "unix:x", "HTTP://x", "http://[::1"} {
		_, err := New(url, nil)
		if _, ok := errors.AsType[*URLError](err); !ok {
			t.Errorf("%q: %v", url, err)
		}
	}
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700) //nolint:errcheck // the directory is deleted anyway
	if os.Geteuid() == 0 {
		t.Skip("root may do anything, so no permission is refused")
	}
	err = newClient(t, "unix://"+dir+"/s", nil).Shutdown(t.Context())
	if e, ok := errors.AsType[*TransportError](err); !ok || e.Kind != Permission {
		t.Errorf("no permission: %#v", err)
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	var head http.Header
	var body, host, path string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		head, body, host, path = r.Header, string(data), r.Host, r.RequestURI
		w.WriteHeader(http.StatusUnauthorized)
	})
	err := newClient(t, url, &Credentials{"me", "a:b"}).SendStdin(t.Context(), "cat", "<ü>\n")
	if e, ok := errors.AsType[*HTTPError](err); !ok || e.Code != 401 || e.Reason != "Unauthorized" || e.Path != "/RPC2" {
		t.Errorf("got %#v", err)
	}
	if host != "localhost" || path != "/RPC2" || head.Get("Content-Type") != "text/xml" || head.Get("Authorization") != "Basic bWU6YTpi" {
		t.Errorf("%s %s %v", host, path, head)
	}
	want := "<methodName>supervisor.sendProcessStdin</methodName><params><param><value><string>cat</string></value></param>" +
		"<param><value><string>&lt;ü&gt;&#xA;</string></value></param></params>"
	if !strings.Contains(body, want) {
		t.Errorf("body %s", body)
	}
}

func Test226Follow(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.RequestURI {
		case "/logtail/a%3F%20b:c%41/stdout":
			_, _ = io.WriteString(w, "one\n")
			w.(http.Flusher).Flush()
			<-release
			_, _ = io.WriteString(w, "two \xff\x1b\n")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler) // as if the daemon ended in mid-answer
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	c := newClient(t, url, nil)
	var got bytes.Buffer
	w := writerFunc(func(p []byte) (int, error) {
		if got.Len() == 0 {
			close(release) // the first piece arrived before the second was sent
		}
		return got.Write(p)
	})
	if err := c.Follow(t.Context(), ProcessLogPath("a? b:c%41", "stdout"), w); err != nil || got.String() != "one\ntwo \xff\x1b\n" {
		t.Errorf("%q, %v", got.String(), err)
	}
	err := c.Follow(t.Context(), MainLogPath, io.Discard)
	if e, ok := errors.AsType[*HTTPError](err); !ok || e.Code != 404 || e.Path != "/mainlogtail" {
		t.Errorf("got %#v", err)
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "x")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}), nil)
	ctx, cancel := context.WithCancel(t.Context())
	err := c.Follow(ctx, MainLogPath, writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
