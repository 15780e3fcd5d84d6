package httpd

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func Test210To212RequestLines(t *testing.T) {
	for _, c := range []struct{ head, method, uri, version string }{
		{"GET / HTTP/1.1", "GET", "/", "1.1"},
		{"GET /", "GET", "/", ""},
		{"\r\nGET /a HTTP/1.0\r\nHost: x", "GET", "/a", "1.0"},
		{"get http://x/y HTTP/2.0", "get", "http://x/y", "2.0"},
		{"G\xc3\xa9 * HTTP/1.1.1", "Gé", "*", "1.1.1"},
		{"A\nB /\t HTTP/1", "A\nB", "/\t", "1"},
	} {
		var h head
		if err := h.parse([]byte(c.head)); err != nil || string(h.method) != c.method || string(h.uri) != c.uri || string(h.version) != c.version {
			t.Errorf("%q: %q %q %q, %v", c.head, h.method, h.uri, h.version, err)
		}
	}
	for _, b := range []string{
		"GET", "GET ", " / HTTP/1.1", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/", "GET / HTTP/1.x", "GET / http/1.1",
		"GET / HTTP/1.1\nHost: x", "GET /\xff HTTP/1.1", "GET / HTTP/1.1\r\n folded: first", "GET / HTTP/" + strings.Repeat("1", 99), "\x16\x03\x01\x02", "\n",
	} {
		var h head
		if err := h.parse([]byte(b)); !errors.Is(err, errGarbage) {
			t.Errorf("%q: %v", b, err)
		}
	}
	for _, b := range []string{"", "\r\n", "\r\n\r\n"} {
		var h head
		if err := h.parse([]byte(b)); !errors.Is(err, errEmpty) {
			t.Errorf("%q: %v", b, err)
		}
	}
}

func Test216Headers(t *testing.T) {
	var h head
	err := h.parse([]byte("GET / HTTP/1.1\r\nA: 1\r\nb:2\r\nB: 3\r\nC-d:  x \r\n y\r\n\tz\r\nname with blanks: 4\r\nnone\r\nAuth[: 5\r\nE:"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "1", "B": "2", "c-D": "x" + "y" + "z", "Name With Blanks": "4", "none": "", "E": ""} {
		if got, ok := h.get(name); !ok || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
	if _, ok := h.get("auth{"); ok {
		t.Error("[ and { are not the same letter")
	}
	if _, ok := h.get("missing"); ok || !h.is("A", "1") || h.is("A", "12") {
		t.Error("a header that is not there")
	}
}

func Test229ContentLength(t *testing.T) {
	for v, want := range map[string][2]int{
		"":                       {0, 0},
		"0":                      {0, 0},
		"+12":                    {0, 400},
		"-0":                     {0, 400},
		"100":                    {100, 0},
		"101":                    {0, 413},
		strings.Repeat("9", 999): {0, 413},
		"-5":                     {0, 400},
		"-":                      {0, 500},
		"x":                      {0, 500},
		"1 2":                    {0, 500},
	} {
		var h head
		if err := h.parse([]byte("POST / HTTP/1.1\r\nContent-Length: " + v)); err != nil {
			t.Fatal(err)
		}
		n, status := h.contentLength(100)
		if n != want[0] && status == 0 || status != want[1] {
			t.Errorf("%q: %d, %d", v, n, status)
		}
	}
}

func Test218Decoding(t *testing.T) {
	for uri, want := range map[string]target{
		"/a%20b?x=%20":       {"/a b", "x=%20"},
		"/a%2":               {"/a%2", ""},
		"/%zz%":              {"/%zz%", ""},
		"/%ff":               {"/\uFFFD", ""},
		"/%C3%A9":            {"/é", ""},
		"/a%3Fb=1":           {"/a", "b=1"},
		"/%41?b=%41?c=%41":   {"/A", "b=A?c=%41"},
		"/a;p=1?q#f":         {"/a;p=1", "q"},
		"/a#f?q":             {"/a", ""},
		"/logtail/g%253A%41": {"/logtail/g%3AA", ""},
	} {
		if got := splitURI(decodeURI([]byte(uri))); got != want {
			t.Errorf("%q: %+v", uri, got)
		}
	}
}

// FuzzHead: any head is parsed or refused, and what was parsed is made of parts of it.
func FuzzHead(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: /path.sock\r\nA: b\r\n c", "POST /RPC2\r\nContent-Length: 5", "\r\nGET /%41%zz;a?b#c HTTP/1.0", "\x00\xff", "", "\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		kept := bytes.Clone(b)
		var h head
		err := h.parse(b)
		if !bytes.Equal(b, kept) {
			t.Error("the input was changed")
		}
		if err != nil {
			return
		}
		if len(h.method) == 0 || len(h.uri) == 0 || len(h.version) > maxVersion || !bytes.Contains(b, h.line) {
			t.Errorf("%q: %q %q %q", b, h.method, h.uri, h.version)
		}
		if n, status := h.contentLength(1000); n > 1000 && status == 0 || n < 0 {
			t.Errorf("length %d", n)
		}
		splitURI(decodeURI(h.uri))
		e := Endpoint{Username: "u", Password: "p"}
		if code := e.authorize(&h); code == 0 && !bytes.Contains(bytes.ToLower(b), []byte("basic")) {
			t.Error("in without a password")
		}
	})
}
