package httpd

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"reeve/rpc/caller"
)

const firefox = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0\r\n"

func TestSites(t *testing.T) {
	const (
		language = firefox + "Accept-Language: en\r\n"
		host     = "Host: sup.example:9001\r\n"
	)
	e := &endpoint{Endpoint: Endpoint{AllowedHosts: []string{"ops.example", "*.corp.example", "other.example:8080"}}}
	for _, c := range []struct {
		name, method, headers string
		want                  caller.Site
	}{
		{"script", "GET", host, caller.Script},
		{"curl", "POST", host + "User-Agent: curl/8.0\r\nAccept: */*\r\n", caller.Script},
		{"script without Host", "POST", "Content-Type: text/xml\r\n", caller.Script},
		{"script as a browser", "GET", host + firefox, caller.Own},
		{"script as a browser posts", "POST", host + firefox, caller.Own},

		{"link of the page", "GET", host + language + "Sec-Fetch-Site: same-origin\r\n", caller.Own},
		{"bookmark", "GET", host + language + "Sec-Fetch-Site: none\r\n", caller.Own},
		{"form behind a proxy that changes Host", "POST", "Host: up\r\nSec-Fetch-Site: same-origin\r\nOrigin: https://ops\r\n", caller.Own},
		{"form of the page", "POST", host + "Origin: http://sup.example:9001\r\n", caller.Own},
		{"Host with a path", "POST", "Host: sup.example:9001/p/\r\nOrigin: http://sup.example:9001\r\n", caller.Own},
		{"Host in capitals", "POST", "Host: SUP.example:9001\r\nOrigin: http://sup.example:9001\r\n", caller.Own},
		{"Host with the usual port", "POST", "Host: sup.example:80\r\nOrigin: http://sup.example\r\n", caller.Own},
		{"Host without the usual port", "POST", "Host: sup.example\r\nOrigin: https://sup.example\r\n", caller.Own},
		{"old browser, link of the page", "GET", host + language + "Referer: http://sup.example:9001/\r\n", caller.Own},
		{"allowed host", "POST", "Host: up\r\nOrigin: https://ops.example\r\n", caller.Own},
		{"allowed domain", "POST", "Host: up\r\nOrigin: https://a.corp.example\r\n", caller.Own},
		{"allowed port", "POST", "Host: up\r\nOrigin: http://other.example:8080\r\n", caller.Own},

		{"link elsewhere", "GET", host + language + "Sec-Fetch-Site: cross-site\r\n", caller.Foreign},
		{"other port of the host", "GET", host + language + "Sec-Fetch-Site: same-site\r\n", caller.Foreign},
		{"a value of the future", "GET", host + "Sec-Fetch-Site: odd\r\n", caller.Foreign},
		{"Sec-Fetch-Site before Origin", "POST", host + "Sec-Fetch-Site: cross-site\r\nOrigin: http://sup.example:9001\r\n", caller.Foreign},
		{"form elsewhere", "POST", host + "Origin: http://evil.example\r\n", caller.Foreign},
		{"form on another port", "POST", host + "Origin: http://sup.example:3000\r\n", caller.Foreign},
		{"form of a sandbox", "POST", host + "Origin: null\r\n", caller.Foreign},
		{"no url", "POST", host + "Origin: sup.example:9001\r\n", caller.Foreign},
		{"host as a prefix", "POST", host + "Origin: http://sup.example:9001.evil.example\r\n", caller.Foreign},
		{"another port of an allowed host", "POST", "Host: up\r\nOrigin: http://ops.example:3000\r\n", caller.Foreign},
		{"another port of an allowed port", "POST", "Host: up\r\nOrigin: http://other.example\r\n", caller.Foreign},
		{"the allowed domain's own name", "POST", "Host: up\r\nOrigin: http://corp.example\r\n", caller.Foreign},
		{"very old browser, form elsewhere", "POST", host + "Referer: http://evil.example/\r\n", caller.Foreign},
		{"forwarded by nobody we trust", "POST", "Host: up\r\nX-Forwarded-Host: pub.example\r\nOrigin: http://pub.example\r\n", caller.Foreign},

		{"old browser, picture elsewhere", "GET", host + language + "Referer: http://evil.example/\r\n", caller.Unsure},
		{"old browser, hidden referer", "GET", host + language, caller.Unsure},
		{"old browser, no language", "GET", host + firefox + "Accept-Language: \r\n", caller.Unsure},
		{"old browser, other port", "GET", host + language + "Referer: http://sup.example/portal\r\n", caller.Unsure},
		{"typed, over http", "GET", host + "Upgrade-Insecure-Requests: 1\r\n", caller.Unsure},
		{"only Sec-Fetch-Mode", "GET", host + "Sec-Fetch-Mode: no-cors\r\n", caller.Unsure},
	} {
		var h head
		if err := h.parse([]byte(c.method + " / HTTP/1.1\r\n" + strings.TrimSuffix(c.headers, "\r\n"))); err != nil {
			t.Fatal(err)
		}
		b := h.hints()
		if got := e.site(&b, c.method, false); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
		if n := testing.AllocsPerRun(5, func() { b = h.hints() }); n > 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
	var h head
	if err := h.parse([]byte("POST / HTTP/1.1\r\nHost: up\r\nX-Forwarded-Host: inner, pub.example\r\nOrigin: http://pub.example")); err != nil {
		t.Fatal(err)
	}
	b := h.hints()
	if got := e.site(&b, "POST", true); got != caller.Own {
		t.Errorf("forwarded by a proxy we trust: %d", got)
	}
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	e := &endpoint{Endpoint: Endpoint{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	for peer, want := range map[string]bool{"10.1.2.3": true, "11.1.2.3": false, "::1": false} {
		if e.trusts(netip.MustParseAddr(peer)) != want {
			t.Errorf("%s is trusted: %v", peer, !want)
		}
	}
	if unix := (netip.Addr{}); e.trusts(unix) || !(&endpoint{Endpoint: Endpoint{TrustAll: true}}).trusts(unix) {
		t.Error("the peer of a unix socket is trusted by * and by nothing else")
	}
}

func TestKnownHosts(t *testing.T) {
	t.Parallel()
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	e := &endpoint{Endpoint: Endpoint{Host: "sup.example", AllowedHosts: []string{"ops.example", "*.corp.example", "port.example:80"}}}
	for host, want := range map[string]bool{
		"": true, "127.0.0.1": true, "10.1.2.3:9001": true, "[::1]:9001": true, "[::1]": true, "localhost:9001": true, "LOCALHOST.": true,
		"a.localhost": true, "supervisor": true, "web1:9001": true, machine: true, machine + ":9001": true, "sup.example:9001": true,
		"ops.example": true, "OPS.example.:1": true, "a.corp.example": true, "port.example:81": true,
		"/run/s.sock": true, "evil.example/p": true, "<unix domain socket>": true,
		"evil.example": false, "evil.example:9001": false, "127.0.0.1.evil.example": false, "xops.example": false, "corp.example": false,
		"localhost.evil.example": false, "a.ops.example": false,
	} {
		if e.knows(host) != want {
			t.Errorf("%q is known: %v", host, !want)
		}
	}
}

// Every route, for each kind of client: nothing is done for another site's page, or for a
// Host that is not ours.
func TestGuardedRoutes(t *testing.T) {
	t.Parallel()
	ts := open(t, Options{}, Handlers{}, Endpoint{Section: "open", Host: "127.0.0.1", AllowedHosts: []string{"a.example"}},
		Endpoint{Section: "secret", Host: "127.0.0.1", Username: "u", Password: "p"})
	const rebound = "Host: evil.example:9001\r\nAccept-Language: en\r\n"
	for _, c := range []struct {
		endpoint      int
		name, headers string
		rpc, ok, page string // status of an RPC, the health check and a page
	}{
		{0, "script", "", "200", "200", "404"},
		{0, "script under any name", "Host: evil.example\r\n", "200", "200", "404"},
		{0, "script with a browser's name", "Host: evil.example\r\nUser-Agent: Mozilla/5.0\r\n", "200", "200", "404"},
		{0, "own page", "Host: localhost\r\nSec-Fetch-Site: same-origin\r\n", "200", "200", "404"},
		{0, "other page", "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n", "403", "200", "404"},
		{0, "other page, plain http", "Host: h\r\nOrigin: http://evil.example\r\n", "403", "200", "404"},
		{0, "rebound", rebound, "403", "200", "403"},
		{0, "rebound, own page", rebound + "Sec-Fetch-Site: same-origin\r\n", "403", "200", "403"},
		{1, "with a password", "Authorization: Basic dTpw\r\n" + rebound + "Sec-Fetch-Site: same-origin\r\n", "200", "200", "404"},
		{1, "other page", "Authorization: Basic dTpw\r\nSec-Fetch-Site: same-site\r\n", "403", "200", "404"},
	} {
		body := "<methodCall><methodName>supervisor.getAPIVersion</methodName></methodCall>"
		for _, r := range []struct{ raw, want string }{
			{post("/RPC2", body, c.headers), c.rpc},
			{post("/RPC2x", body, c.headers), c.rpc},
			{post("/%52PC2", body, c.headers), c.rpc},
			{"GET /ok.html HTTP/1.1\r\n" + c.headers + "\r\n", c.ok},
			{"GET /x HTTP/1.1\r\n" + c.headers + "\r\n", c.page},
		} {
			conn := dial(t, ts.Addrs()[c.endpoint])
			conn.send(r.raw)
			got := conn.mustReply()
			if got.code() != r.want {
				t.Errorf("%s: %.20q = %s, want %s", c.name, r.raw, got.code(), r.want)
			}
			if got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
				t.Errorf("%s: %.20q lacks the headers of every reply: %v", c.name, r.raw, got.header)
			}
			if r.want == "403" && strings.HasPrefix(c.name, "rebound") && !strings.Contains(got.body, "section [open] of its configuration:\r\n<pre>allowed_hosts=a.example,evil.example</pre>") {
				t.Errorf("%s: the refusal is %s", c.name, got.body)
			}
		}
	}
	ts.log.has(t, "refused 1 request(s) of a browser at 127.0.0.1 to open")
}
