package transport_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"reeve/rpc/transport"
)

func Test217Find(t *testing.T) {
	t.Parallel()
	m := transport.Mounts{{Prefix: "/RPC2"}, {Prefix: "/logtail"}, {Prefix: "/ok.html", Guard: transport.Open}, {Prefix: "/p", Guard: transport.Judged}}
	for path, want := range map[string]string{
		"/RPC2": "/RPC2", "/RPC2foo": "/RPC2", "/RPC2/x;y": "/RPC2", "/logtail/a": "/logtail", "//logtail/a": "", "/rpc2": "", "": "", "/pages": "/p",
	} {
		if got := m.Find(path); got.Prefix != want || got.Guard == transport.Open {
			t.Errorf("%q: %+v, want %q", path, got, want)
		}
	}
	w := httptest.NewRecorder()
	nowhere := m.Find("/")
	nowhere.Handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 404 || nowhere.Guard != transport.Closed || nowhere.Prompt {
		t.Errorf("where nothing is mounted: %d, %+v", w.Code, nowhere)
	}
}

// keeper is a ResponseWriter of a transport that can send a body to HEAD.
type keeper struct {
	*httptest.ResponseRecorder
	kept bool
}

func (k *keeper) KeepBody() { k.kept = true }

func Test214ErrorPage(t *testing.T) {
	t.Parallel()
	w := &keeper{ResponseRecorder: httptest.NewRecorder()}
	transport.ErrorPage(w, http.StatusRequestEntityTooLarge)
	const page = "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n" +
		"<p>Error code 413.\r\n<p>Message: Request Entity Too Large.\r\n</body>\r\n"
	if w.Code != 413 || w.Body.String() != page || w.Header().Get("Content-Type") != "text/html" || !w.kept {
		t.Errorf("got %d %v %q, kept %v", w.Code, w.Header(), w.Body, w.kept)
	}
	if got := string(transport.AppendErrorPage(nil, 403, "<p>Why.\r\n")); !strings.Contains(got, "Forbidden.\r\n<p>Why.\r\n</body>") {
		t.Errorf("got %q", got)
	}
}

func TestHasLength(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		length int64
		header string
		want   bool
	}{
		"a body": {5, "5", true}, "an empty body": {0, "0", true}, "none": {0, "", false}, "chunked": {-1, "", false}, "made by a test": {5, "", true},
	} {
		r := &http.Request{ContentLength: c.length, Header: http.Header{"Content-Length": {c.header}}}
		if transport.HasLength(r) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a%20b": "a b", "%": "%", "%2": "%2", "%zz%41": "%zzA", "%25%32%30": "%20", "%ff": "\uFFFD", "%C3%a9": "é", "+": "+",
	} {
		if got := transport.Unquote(text); got != want {
			t.Errorf("Unquote(%q) = %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"plain é": "plain é", "a\n\x1b[2J\u0085": `a\n\x1b[2J\u0085`, "\x7f": `\x7f`,
		strings.Repeat("é", transport.ShownText): strings.Repeat("é", transport.ShownText/2) + "...",
	} {
		if got := transport.Printable(text); got != want {
			t.Errorf("Printable(%.20q) = %.40q", text, got)
		}
		if got := transport.Printable([]byte(text)); got != want {
			t.Errorf("Printable([]byte(%.20q)) = %.40q", text, got)
		}
	}
}
