package httpd

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"time"

	"reeve/rpc/caller"
	"reeve/rpc/transport"
)

func Test219And295Pages(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	for raw, want := range map[string]string{
		"GET /ok.html HTTP/1.1\r\n\r\n":         "200",
		"GET ///ok.html HTTP/1.1\r\n\r\n":       "200",
		"GET /%6fk.html?a HTTP/1.1\r\n\r\n":     "200",
		post("/ok.html", "a=b", ""):             "200",
		"POST /ok.html HTTP/1.1\r\n\r\n":        "411",
		"HEAD /ok.html HTTP/1.1\r\n\r\n":        "404",
		"DELETE /ok.html HTTP/1.1\r\n\r\n":      "400",
		"GET /ok.html;a=b HTTP/1.1\r\n\r\n":     "404", // fact 306: path parameters
		"GET /none HTTP/1.1\r\n\r\n":            "404",
		"HEAD / HTTP/1.1\r\n\r\n":               "404",
		post("/none", "x", ""):                  "400",
		"OPTIONS * HTTP/1.1\r\n\r\n":            "400",
		"GET http://x/ok.html HTTP/1.1\r\n\r\n": "404",
		"GET /ok.html\r\n\r\n":                  "500", // fact 212: no version
	} {
		r := ts.one(t, raw)
		if r.code() != want {
			t.Errorf("%q: %s, want %s", raw, r.status, want)
		}
		if want == "200" && (r.body != "OK" || r.header.Get("Content-Type") != "text/plain") {
			t.Errorf("%q: %+v", raw, r)
		}
	}
}

// show answers with what the handler sees of a request.
func show(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	who := caller.Of(r.Context())
	w.Header().Set("X-Mine", "a\r\nb")
	w.Header().Set("Server", "not mine")
	fmt.Fprintf(w, "%s %s %q %s host=%q header=%q body=%q %d from=%s local=%s:%s", r.Method, r.URL.Path, r.URL.RawQuery, r.Proto, r.Host,
		r.Header["X-Twice"], body, r.ContentLength, r.RemoteAddr, who.Server.Name, who.Server.Port)
}

func TestWebHandler(t *testing.T) {
	ts := open(t, Options{}, Handlers{Web: http.HandlerFunc(show)})
	c := ts.dial(t)
	c.send(post("//a%20b/c?q=%41&r=?", "form=1", "Host: /x y.sock\r\nX-Twice: 1\r\nx-twice: 2\r\n"))
	r := c.mustReply()
	path := ts.Addrs()[0].String()
	want := `POST //a b/c "q=%41&r=?" HTTP/1.1 host="/x y.sock" header=["1" "2"] body="form=1" 6 from=localhost:0 local=<unix domain socket>:` + path
	// The last ? ends the path that is decoded, so an encoded query before it is decoded
	// too, as upstream does.
	want = strings.Replace(want, "%41", "A", 1)
	if r.body != want || r.header.Get("X-Mine") != "a  b" || r.header.Get("Server") != "reeve" {
		t.Errorf("got  %q %v\nwant %q", r.body, r.header, want)
	}
	c.send("HEAD /file HTTP/1.1\r\n\r\n")
	if r, err := c.head(); err != nil || r.header.Get("Content-Length") != "0" {
		t.Errorf("HEAD: %+v, %v", r, err)
	}
	c.send("GET /again HTTP/1.1\r\n\r\n")
	if r := c.mustReply(); !strings.HasPrefix(r.body, "GET /again ") {
		t.Errorf("after HEAD: %+v", r)
	}
}

// Nothing of a request is left in the next one on the connection.
func TestRequestsAreApart(t *testing.T) {
	ts := open(t, Options{}, Handlers{Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		fmt.Fprintf(w, "%s %q %v %v", r.Method, r.Host, r.Header, r.Form)
		w.Header().Set("X-Late", "1")
		r.Header.Set("X-Mine", "1")
	})})
	c := ts.dial(t)
	for _, step := range []struct{ raw, want string }{
		{
			post("/a?q=1", "f=2", "Host: h\r\nContent-Type: application/x-www-form-urlencoded\r\nA b: c\r\n"),
			`POST "h" map[A b:[c] Content-Length:[3] Content-Type:[application/x-www-form-urlencoded]] map[f:[2] q:[1]]`,
		},
		{"GET /b HTTP/1.1\r\nX: 1\r\nx: 2\r\nX: \x01\r\n\r\n", `GET "" map[X:[1 2]] map[]`},
		{"GET /c HTTP/1.1\r\n\r\n", `GET "" map[] map[]`},
	} {
		c.send(step.raw)
		if r := c.mustReply(); r.body != step.want || r.header.Get("X-Late") != "" {
			t.Errorf("got  %s %v\nwant %s", r.body, r.header, step.want)
		}
	}
}

func TestWebReplies(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "icon.png", time.Unix(1e9, 0), strings.NewReader("content"))
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://x/")
		transport.ErrorPage(w, http.StatusMovedPermanently)
	})
	mux.HandleFunc("/big", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, strings.Repeat("big ", 100000)) })
	mux.HandleFunc("/nothing", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/panic", func(w http.ResponseWriter, r *http.Request) { panic("a mistake") })
	mux.HandleFunc("/abort", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	ts := open(t, Options{}, Handlers{Web: mux})

	if r := ts.one(t, "GET /file HTTP/1.1\r\n\r\n"); r.body != "content" || r.header.Get("Content-Type") != "image/png" {
		t.Errorf("file: %+v", r)
	}
	c := ts.dial(t)
	c.send("HEAD /file HTTP/1.1\r\n\r\n")
	if r, err := c.head(); err != nil || r.header.Get("Content-Length") != "7" {
		t.Errorf("HEAD: %+v, %v", r, err)
	}
	c.send("GET /file HTTP/1.1\r\nIf-Modified-Since: " + time.Unix(1e9, 0).UTC().Format(http.TimeFormat) + "\r\n\r\n")
	if r, err := c.head(); err != nil || r.status != "HTTP/1.1 304 Not Modified" || r.header.Get("Content-Length") != "" {
		t.Errorf("304: %+v, %v", r, err)
	}
	c.send("GET /nothing HTTP/1.1\r\n\r\n")
	if r, err := c.head(); err != nil || r.code() != "204" || r.header.Get("Content-Length") != "" {
		t.Errorf("204: %+v, %v", r, err)
	}
	c.send("GET /moved HTTP/1.1\r\n\r\n")
	if r := c.mustReply(); r.code() != "301" || r.header.Get("Location") != "http://x/" || !strings.Contains(r.body, "Error code 301.") {
		t.Errorf("301: %+v", r)
	}
	c.send("GET /big HTTP/1.1\r\n\r\n")
	r, err := c.head()
	if err != nil || r.header.Get("Transfer-Encoding") != "chunked" {
		t.Fatalf("big: %+v, %v", r, err)
	}
	if b, err := io.ReadAll(httputil.NewChunkedReader(c.in)); err != nil || string(b) != strings.Repeat("big ", 100000) {
		t.Errorf("big: %d bytes, %v", len(b), err)
	}
	wantText(t, c.in, "\r\n") // the end of the last chunk, which the chunk reader leaves
	c.send("GET /panic HTTP/1.1\r\n\r\n")
	if r := c.mustReply(); r.code() != "500" {
		t.Errorf("panic: %+v", r)
	}
	c.wantEnd()
	c = ts.dial(t)
	c.send("GET /abort HTTP/1.1\r\n\r\n")
	c.wantEnd()
	ts.one(t, "GET /file HTTP/1.1\r\n\r\n") // and it still serves
	ts.log.has(t, "a mistake")

	c = ts.dial(t)
	c.send("GET /big HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
	if r, err := c.head(); err != nil || r.header.Get("Transfer-Encoding") != "" || r.header.Get("Connection") != "" {
		t.Errorf("big for 1.0: %+v, %v", r, err)
	}
	if b, err := io.ReadAll(c.in); err != nil || len(b) != 400000 {
		t.Errorf("big for 1.0: %d bytes, %v", len(b), err)
	}
}

// TestServerSentEvents: what is flushed arrives at once, and the handler learns that the
// client has gone.
func TestServerSentEvents(t *testing.T) {
	next, gone := make(chan string), make(chan struct{})
	ts := open(t, Options{Limits: Limits{WatchFor: time.Millisecond}}, Handlers{Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			select {
			case event := <-next:
				fmt.Fprintf(w, "data: %s\n\n", event)
			case <-r.Context().Done():
				return
			}
		}
	})})
	c := ts.dial(t)
	c.send("GET /events HTTP/1.1\r\n\r\n")
	if r, err := c.head(); err != nil || r.header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("got %+v, %v", r, err)
	}
	for _, event := range []string{"one", "two"} {
		next <- event
		wantText(t, c.in, fmt.Sprintf("b\r\ndata: %s\n\n\r\n", event))
	}
	_ = c.Close()
	<-gone
}
