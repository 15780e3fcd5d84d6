package webui_test

import (
	"strings"
	"testing"

	"reeve/supervisor/process"
)

func TestForeignRequestsChangeNothing(t *testing.T) {
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
	for _, c := range []struct {
		name    string
		method  string
		headers []string
		allowed bool
	}{
		{"script", "GET", nil, true},
		{"curl", "GET", []string{"User-Agent", "curl/8.0"}, true},
		{"script posts", "POST", nil, true},
		{"link of the page", "GET", []string{"Sec-Fetch-Site", "same-origin", "User-Agent", firefox}, true},
		{"bookmark", "GET", []string{"Sec-Fetch-Site", "none", "User-Agent", firefox}, true},
		{"other port of the host", "GET", []string{"Sec-Fetch-Site", "same-site", "User-Agent", firefox}, true},
		{"form of the page", "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://sup.example:9001", "User-Agent", firefox}, true},
		{"form behind a proxy", "POST", []string{"Origin", "https://ops.example", "X-Forwarded-Host", "ops.example", "User-Agent", firefox}, true},
		{"old browser, link of the page", "GET", []string{"Referer", "http://sup.example:9001/", "User-Agent", firefox}, true},
		{"old browser, other port", "GET", []string{"Referer", "http://sup.example/portal", "User-Agent", firefox}, true},
		{"old browser, form of the page", "POST", []string{"Origin", "http://sup.example:9001", "User-Agent", firefox}, true},

		{"link elsewhere", "GET", []string{"Sec-Fetch-Site", "cross-site", "User-Agent", firefox}, false},
		{"form elsewhere", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://evil.example", "User-Agent", firefox}, false},
		{"form on another port", "POST", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://sup.example:3000", "User-Agent", firefox}, false},
		{"old browser, form elsewhere", "POST", []string{"Origin", "http://evil.example", "User-Agent", firefox}, false},
		{"old browser, form on another port", "POST", []string{"Origin", "http://sup.example:3000", "User-Agent", firefox}, false},
		{"form of a sandbox", "POST", []string{"Origin", "null", "User-Agent", firefox}, false},
		{"old browser, picture elsewhere", "GET", []string{"Referer", "http://evil.example/", "User-Agent", firefox}, false},
		{"old browser, hidden referer", "GET", []string{"User-Agent", firefox}, false},
		{"host as a prefix", "GET", []string{"Referer", "http://sup.example.evil.example/", "User-Agent", firefox}, false},
		{"no url", "POST", []string{"Origin", "sup.example:9001"}, false},
	} {
		for _, address := range []string{"/index.html", "/live/action"} {
			if c.method == "GET" && address == "/live/action" {
				continue
			}
			f := newFake(running("cat", 11))
			target, body := address+"?action=stop&processname=cat&selected=cat", ""
			if c.method == "POST" {
				target, body = address, "action=stop&processname=cat&selected=cat"
			}
			got := get(t, f, c.method, target, body, append(c.headers, "Host", "sup.example:9001")...)
			if stopped := f.infos[0].State == process.Stopped; stopped != c.allowed {
				t.Errorf("%s: %s %s stopped the process: %v, want %v", c.name, c.method, address, stopped, c.allowed)
			}
			if !c.allowed && got.status != 403 {
				t.Errorf("%s: %s %s = %d, want 403", c.name, c.method, address, got.status)
			}
		}
	}
}

// A link from elsewhere leads to a question, which a person can answer.
func TestForeignLinkAsks(t *testing.T) {
	f := newFake(running("cat", 11))
	got := get(t, f, "GET", "/?action=stop&processname=cat", "", "Sec-Fetch-Site", "cross-site")
	for _, want := range []string{`method="post"`, `name="action" value="stop"`, `name="processname" value="cat"`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the question lacks %s", want)
		}
	}
	if refresh := get(t, f, "GET", "/?action=refresh", "", "Sec-Fetch-Site", "cross-site"); refresh.status != 301 {
		t.Errorf("a refresh, which changes nothing, = %d, want 301", refresh.status)
	}
}
