package httpd

import (
	"strings"
	"testing"
)

func Test229To236RPC(t *testing.T) {
	ts := open(t, Options{}, Handlers{})
	for name, c := range map[string]struct{ raw, status, body string }{
		"call":           {call("supervisor.getAPIVersion"), "200 OK", "<string>3.0</string>"},
		"prefix":         {strings.Replace(call("supervisor.getAPIVersion"), "/RPC2", "/RPC2foo", 1), "200 OK", "<string>3.0</string>"},
		"encoded path":   {strings.Replace(call("supervisor.getAPIVersion"), "/RPC2", "/R%50C2", 1), "200 OK", "<string>3.0</string>"},
		"no Host needed": {strings.Replace(call("supervisor.getAPIVersion"), "Content-L", "Host: /a b.sock\r\nContent-L", 1), "200 OK", "3.0"},
		"fault":          {call("supervisor.nothing"), "200 OK", "<name>faultCode</name>\n<value><int>1</int></value>"},
		"bytes counted":  {call("test.echo", "äöü"), "200 OK", "äöü"}, // fact 236: Content-Length
		"internal error": {call("test.fail"), "500 Internal Server Error", "500"},
		"panic":          {call("test.panic"), "500 Internal Server Error", "500"},
		"GET":            {"GET /RPC2 HTTP/1.1\r\n\r\n", "400 Bad Request", "400"},
		"lower case":     {"post /RPC2 HTTP/1.1\r\n\r\n", "400 Bad Request", "400"},
		"no length":      {"POST /RPC2 HTTP/1.1\r\n\r\n", "411 Length Required", "411"},
		"empty length":   {"POST /RPC2 HTTP/1.1\r\nContent-Length: \r\n\r\n", "411 Length Required", "411"},
		"chunked":        {"POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "411 Length Required", "411"},
		"length 0":       {"POST /RPC2 HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "400 Bad Request", "400"}, // an empty body
		"length x":       {"POST /RPC2 HTTP/1.1\r\nContent-Length: x\r\n\r\n", "500 Internal Server Error", "500"},
		"no XML":         {post("/RPC2", "hello", ""), "400 Bad Request", "400"},
		"no method":      {post("/RPC2", "<a/>", ""), "400 Bad Request", "400"},
		"not UTF-8":      {post("/RPC2", "<a>\xff</a>", ""), "400 Bad Request", "400"},
		"no type needed": {post("/RPC2", "<a><methodName>supervisor.getAPIVersion</methodName></a>", "Content-Type: x/y\r\n"), "200 OK", "3.0"},
	} {
		r := ts.one(t, c.raw)
		if r.status != "HTTP/1.1 "+c.status || !strings.Contains(r.body, c.body) {
			t.Errorf("%s: %+v", name, r)
		}
		if want := map[bool]string{true: "text/xml", false: "text/html"}[r.code() == "200"]; r.header.Get("Content-Type") != want {
			t.Errorf("%s: type %q", name, r.header.Get("Content-Type"))
		}
	}
	c := ts.dial(t)
	c.send("POST /RPC2 HTTP/1.1\r\n\r\n")
	c.mustReply()
	c.wantOpen() // 411 leaves the connection open
}

func Test138And139LogLines(t *testing.T) {
	ts := open(t, Options{Namespaces: []string{"supervisor"}}, Handlers{})
	for _, raw := range []string{
		call("supervisor.getAPIVersion"), call("supervisor.nothing"), post("/RPC2", "hello\n\x1b", ""), post("/RPC2", "<a/>", ""),
		"GET /Error HTTP/1.1\r\n\r\n", "GET /x\x1b[2J HTTP/1.1\r\n\r\n", call("test.fail"), call("test.panic"),
	} {
		ts.one(t, raw)
	}
	for _, want := range []string{
		"20 RPC interface 'supervisor' initialized",
		"50 Server 'unix_http_server' running without any HTTP authentication checking",
		"5 XML-RPC method called: supervisor.getAPIVersion()",
		"5 XML-RPC method supervisor.getAPIVersion() returned successfully",
		"5 XML-RPC method supervisor.nothing() returned fault: [1] UNKNOWN_METHOD",
		`40 XML-RPC request data 'hello\n\x1b' is invalid: unmarshallable`,
		"40 XML-RPC request data '<a/>' is invalid: no method name",
		"5 localhost:0 - - [",
		` +0000] "POST /RPC2 HTTP/1.1" 200 3`,
		`"GET /x\x1b[2J HTTP/1.1" 404 `,
		"50 Handling XML-RPC request for test.fail() raised an unexpected exception: it broke",
		"a mistake",
	} {
		ts.log.has(t, want)
	}
	ts.log.has(t, `"GET /Error HTTP/1.1" 404`)
	for line := range strings.Lines(ts.log.String()) {
		if strings.Contains(line, "/Error") && !strings.HasPrefix(line, "40 ") {
			t.Errorf("not level Error: %s", line)
		}
	}
}

func TestWithoutTracing(t *testing.T) {
	ts := open(t, Options{Tracing: func() bool { return false }}, Handlers{})
	ts.one(t, call("supervisor.getAPIVersion"))
	ts.one(t, "GET /an-error HTTP/1.1\r\n\r\n")
	ts.log.has(t, "/an-error")
	if strings.Contains(ts.log.String(), "5 ") && strings.Contains(ts.log.String(), "XML-RPC") {
		t.Errorf("trace lines in:\n%s", ts.log)
	}
}

func Test221And222Auth(t *testing.T) {
	// u:pa:ss, and the hash of pa:ss
	const plain, hashed = "dTpwYTpzcw==", "{SHA}5f244b69321bfd609da3c0ae59ce7c80f54797af"
	for _, password := range []string{"pa:ss", hashed} {
		e := Endpoint{Section: "inet_http_server", Host: "127.0.0.1", Username: "u", Password: password}
		ts := open(t, Options{}, Handlers{}, e)
		for _, c := range []struct{ auth, want string }{
			{"", "401"},
			{"Basic " + plain, "200"},
			{"bAsIc " + plain, "200"},
			{"Basic", "401"},
			{"Basic  ", "401"},
			{"Basic dTpwYTpzUw==", "401"}, // another password
			{"Basic VTpwYTpzcw==", "401"}, // U is not u
			{"Basic dQ==", "401"},         // no colon: upstream answers 500
			{"Basic dTo=", "401"},         // empty password
			{"Basic dTpwYTpzcw", "400"},   // not base64
			{"Basic dTr/", "400"},         // not UTF-8
			{"Digest " + plain, "401"},
			{"Basic" + plain, "401"},
		} {
			header := ""
			if c.auth != "" {
				header = "Authorization: " + c.auth + "\r\n"
			}
			for path, ok := range map[string]string{"/ok.html": "200", "/none": "404", "/RPC2": "400", "/logtail/x": "404", "/mainlogtail": "404"} {
				conn := ts.dial(t)
				conn.send("GET " + path + " HTTP/1.1\r\n" + header + "\r\n")
				r := conn.mustReply()
				want := c.want
				if want == "200" {
					want = ok
				}
				if r.code() != want {
					t.Errorf("%s with %q: %s, want %s", path, c.auth, r.status, want)
				}
				if want == "401" {
					if r.header.Get("WWW-Authenticate") != `Basic realm="default"` || r.header.Get("Connection") != "close" {
						t.Errorf("%s with %q: %v", path, c.auth, r.header)
					}
					conn.wantEnd()
				}
			}
		}
		if strings.Contains(ts.log.String(), "without any HTTP authentication") {
			t.Error("a warning about no authentication")
		}
	}
}

// TestRefusedBodyIsTaken: a client that sends head and body separately, as Python's does,
// gets the 401 and no reset.
func TestRefusedBodyIsTaken(t *testing.T) {
	e := Endpoint{Section: "inet_http_server", Host: "127.0.0.1", Username: "u", Password: "p"}
	ts := open(t, Options{}, Handlers{}, e)
	c := ts.dial(t)
	c.send("POST /RPC2 HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
	c.send(strings.Repeat("x", 1000000))
	if r := c.mustReply(); r.code() != "401" {
		t.Errorf("got %+v", r)
	}
}
