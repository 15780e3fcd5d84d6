package webui_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"reeve/rpc/webui"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

// reply is an answer as a client without a browser sees it.
type reply struct {
	status int
	header http.Header
	body   string
}

// get sends a request to a handler over f. Headers come as name, value pairs.
func get(t *testing.T, f *fake, method, target, body string, headers ...string) reply {
	t.Helper()
	h := webui.New(options(f))
	defer h.Close()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	behind{Handler: h}.ServeHTTP(w, r)
	data, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{w.Code, w.Header(), string(data)}
}

func Test295Addresses(t *testing.T) {
	for _, c := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/", 200},
		{"POST", "/", 200},
		{"GET", "/index.html", 200},
		{"GET", "///index.html", 200},
		{"GET", "/tail.html", 200},
		{"POST", "/tail.html", 200},
		{"GET", "/ok.html", 200},
		{"GET", "/ok.html;a=b", 404},
		{"HEAD", "/", 404},
		{"HEAD", "/index.html", 404},
		{"DELETE", "/", 400},
		{"PUT", "/index.html", 400},
		{"OPTIONS", "/", 400},
		{"GET", "/nope", 404},
		{"GET", "/stylesheets/supervisor.css", 200},
		{"HEAD", "/stylesheets/supervisor.css", 200},
		{"POST", "/stylesheets/supervisor.css", 400},
		{"GET", "/images/supervisor.gif", 200},
		{"GET", "/images/icon.png", 200},
		{"GET", "/images/", 404},
		{"GET", "/stylesheets", 301},
		{"GET", "/stylesheets/../webui.go", 404},
		{"GET", "/index.html?action=nope", 500},
		{"GET", "/index.html?action=start", 500},
		{"GET", "/index.html?action=nope&processname=cat", 500},
		{"GET", "/index.html?action=", 200},
		{"POST", "/live/events", 400},
	} {
		f := newFake(running("cat", 11))
		if got := get(t, f, c.method, c.target, ""); got.status != c.status {
			t.Errorf("%s %s = %d, want %d", c.method, c.target, got.status, c.status)
		}
	}
}

// What upstream's pages refuse before they look at anything else has no headers of ours.
func TestPagesRefuse(t *testing.T) {
	h := webui.New(options(newFake()))
	defer h.Close()
	for name, want := range map[string]int{"no length": 411, "chunked": 411, "no version": 500, "parameters": 404} {
		r := httptest.NewRequest("POST", "/index.html", strings.NewReader("a=b"))
		switch name {
		case "no length":
			r.ContentLength, r.Body = 0, http.NoBody
		case "chunked":
			r.ContentLength = -1
		case "no version":
			r.ProtoMajor, r.ProtoMinor = 0, 9
		case "parameters":
			r.URL.Path += ";a=b"
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want || w.Header().Get("Content-Security-Policy") != "" {
			t.Errorf("%s: %d, %v", name, w.Code, w.Header())
		}
	}
}

func Test297Health(t *testing.T) {
	got := get(t, newFake(), "GET", "/ok.html", "")
	if got.body != "OK" || got.header.Get("Content-Type") != "text/plain" || got.header.Get("Content-Length") != "2" {
		t.Errorf("ok.html is %q with %v", got.body, got.header)
	}
}

// Health and status text have a line of their own where there is something to show.
func TestPageShowsHealth(t *testing.T) {
	page := func(change ...func(*supervisor.Info)) string {
		t.Helper()
		body := get(t, newFake(proc("cat", process.Running, append(change, func(i *supervisor.Info) { i.Pid = 11 })...)), "GET", "/", "").body
		_, cell, _ := strings.Cut(body, `<td class="desc">`)
		cell, _, _ = strings.Cut(cell, "\n<td")
		return regexp.MustCompile("uptime [^<]*").ReplaceAllString(cell, "uptime")
	}
	for _, c := range []struct{ health, told, want string }{
		{"", "", `<span>pid 11, uptime</span></td>`},
		{"healthy", "", `<span>pid 11, uptime</span> <span class="note">healthy</span></td>`},
		{"unhealthy", "<b>", `<span>pid 11, uptime</span> <span class="why">unhealthy</span> <span class="note">&lt;b&gt;</span></td>`},
	} {
		if got := page(func(i *supervisor.Info) { i.Health, i.StatusText = c.health, c.told }); got != c.want {
			t.Errorf("the cell is %s, want %s", got, c.want)
		}
	}
}

// TestPageShowsWhatStays: what somebody has told the daemon stands behind the rest; without
// that the cell is as it was.
func TestPageShowsWhatStays(t *testing.T) {
	for _, c := range []struct {
		info supervisor.Info
		want string
	}{
		{supervisor.Info{}, `<span>Not started</span></td>`},
		{supervisor.Info{Disabled: true}, `<span>Not started</span> <span class="note">disabled</span></td>`},
		{supervisor.Info{StaysStopped: true}, `<span>Not started</span> <span class="note">stays stopped</span></td>`},
		{supervisor.Info{Scaled: supervisor.Scaled{Program: "cat", Count: 3, NumProcs: 2}}, `<span>Not started</span> <span class="note">scaled to 3, numprocs is 2</span></td>`},
	} {
		info := c.info
		info.Name = supervisor.Name{Group: "cat", Process: "cat"}
		body := get(t, newFake(&info), "GET", "/", "").body
		_, cell, _ := strings.Cut(body, `<td class="desc">`)
		if cell, _, _ = strings.Cut(cell, "\n<td"); cell != c.want {
			t.Errorf("the cell is %s, want %s", cell, c.want)
		}
	}
}

func Test298Headers(t *testing.T) {
	got := get(t, newFake(running("cat", 11)), "GET", "/", "")
	for name, want := range map[string]string{
		"Content-Type":  "text/html;charset=utf-8",
		"Pragma":        "no-cache",
		"Cache-Control": "no-cache",
		"Expires":       "Thu, 01 Jan 1970 00:00:00 GMT",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
	if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
}

var links = regexp.MustCompile(`href="([^"]*)"(?: name="([^"]*)")?(?: target="([^"]*)")?`)

func Test299Index(t *testing.T) {
	f := newFake(
		running("grp:a", 12), proc("grp:<b>", process.Fatal, func(i *supervisor.Info) { i.Start, i.SpawnErr = began, "can't <run>" }),
		proc("zed", process.Stopping, func(i *supervisor.Info) { i.Pid, i.Start = 5, began }),
	)
	body := get(t, f, "GET", "/?message=a%3Cb%3E", "").body
	for _, want := range []string{
		"<title>Supervisor Status</title>", `class="status_msg"`, "a&lt;b&gt;", "<th class=\"state\">State</th><th class=\"desc\">Description</th>",
		`<span class="statusrunning">running</span>`, `<span class="statuserror">fatal</span>`, `<span class="statusnominal">stopping</span>`,
		"can&#39;t &lt;run&gt;", "grp:&lt;b&gt;", `href="stylesheets/supervisor.css"`, `src="images/supervisor.gif"`, `href="images/icon.png"`, "4.3.0&#43;test",
		`<tr class="shade"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(body, "<b>") {
		t.Error("a name is markup")
	}
	var got []string
	for _, m := range links.FindAllStringSubmatch(body, -1) {
		if strings.Contains(m[1], "html?") || strings.HasPrefix(m[1], "logtail") {
			got = append(got, strings.Join(m[1:], " "))
		}
	}
	want := []string{
		"index.html?action=refresh  ", "index.html?action=restartall  ", "index.html?action=stopall  ",
		"tail.html?processname=grp%3A%3Cb%3E  _blank", "index.html?processname=grp%3A%3Cb%3E&amp;action=start Start ",
		"index.html?processname=grp%3A%3Cb%3E&amp;action=clearlog Clear Log ", "logtail/grp%3A%3Cb%3E Tail -f Stdout _blank",
		"logtail/grp%3A%3Cb%3E/stderr Tail -f Stderr _blank",
		"tail.html?processname=grp%3Aa  _blank", "index.html?processname=grp%3Aa&amp;action=restart Restart ",
		"index.html?processname=grp%3Aa&amp;action=stop Stop ", "index.html?processname=grp%3Aa&amp;action=clearlog Clear Log ",
		"logtail/grp%3Aa Tail -f Stdout _blank", "logtail/grp%3Aa/stderr Tail -f Stderr _blank",
		"tail.html?processname=zed  _blank", "index.html?processname=zed&amp;action=clearlog Clear Log ", "logtail/zed Tail -f Stdout _blank",
		"logtail/zed/stderr Tail -f Stderr _blank",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the links are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if empty := get(t, newFake(), "GET", "/", "").body; !strings.Contains(empty, "No programs to manage") || strings.Contains(empty, "<table") {
		t.Error("the page without programs does not say so instead of a table")
	}
}

var date = regexp.MustCompile(`[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d \d{4}`)

func Test302Messages(t *testing.T) {
	for _, c := range []struct{ method, target, body, want string }{
		{"GET", "/?action=refresh", "", "Page refreshed at DATE"},
		{"GET", "/index.html?action=stopall", "", "All stopped at DATE"},
		{"GET", "/index.html?action=restartall", "", "All restarted at DATE"},
		{"GET", "/?action=start&processname=down", "", "Process down started"},
		{"GET", "/?action=stop&processname=g:up", "", "Process g:up stopped"},
		{"POST", "/", "action=stop&processname=g%3Aup", "Process g:up stopped"},
		{"POST", "/?action=start&processname=down", "action=stop&action=restart&processname=g%3Aup", "Process g:up restarted"},
		{"GET", "/?action=stop&processname=g:up&action=start&processname=down", "", "Process g:up stopped"},
		{"GET", "/?action=restart&processname=broken", "", "Process broken restarted"},
		{"GET", "/?action=clearlog&processname=g:up", "", "Log for g:up cleared"},
		{"GET", "/?action=clearlog&processname=gone", "", "unexpected rpc fault [30] FAILED: gone"},
		{"GET", "/?action=stop&processname=nope", "", "No such process named nope"},
		{"GET", "/?action=stop&processname=g:*", "", "No such process named g:*"},
		{"GET", "/?action=nope&processname=nope", "", "No such process named nope"},
		{"GET", "/?action=start&processname=g:up", "", "ERROR: Process g:up: already started"},
		{"GET", "/?action=start&processname=broken", "", "ERROR: Process broken: spawn error"},
		{"GET", "/?action=start&processname=missing", "", "ERROR: Process missing: no such file"},
		{"GET", "/?action=start&processname=noexec", "", "ERROR: Process noexec: file not executable"},
		{"GET", "/?action=start&processname=odd", "", "ERROR: Process odd: abnormal termination"},
		{"GET", "/?action=start&processname=failing", "", "ERROR: Process failing: unexpected rpc fault [30] FAILED: why"},
		{"GET", "/?action=stop&processname=down", "", "unexpected rpc fault [70] NOT_RUNNING: down"},
		{"POST", "/", "action=stop&selected=g%3Aup&selected=cat", "stop: 2 of 2 done"},
		{"POST", "/", "action=start&selected=down&selected=broken", "ERROR: Process broken: spawn error"},
	} {
		f := newFake(logFile(t, running("g:up", 12), "x"), running("cat", 13))
		f.fails = map[string]error{
			"broken:broken":   supervisor.ErrSpawn,
			"missing:missing": &supervisor.CommandError{Missing: true, Reason: "x"},
			"noexec:noexec":   &supervisor.CommandError{Reason: "x"},
			"odd:odd":         supervisor.ErrAbnormalTermination,
			"failing:failing": &supervisor.FailedError{Text: "why"},
		}
		f.put(proc("gone", process.Stopped, func(i *supervisor.Info) { i.StdoutLogfile = "/nowhere/at/all" }))
		for _, name := range []string{"down", "broken", "missing", "noexec", "odd", "failing"} {
			f.put(proc(name, process.Stopped))
		}
		got := get(t, f, c.method, c.target, c.body, "Host", "host.example:9001")
		location := got.header.Get("Location")
		text, err := url.PathUnescape(strings.TrimPrefix(location, "http://host.example:9001/?message="))
		if err != nil || got.status != 301 || date.ReplaceAllString(text, "DATE") != c.want {
			t.Errorf("%s %s %s = %d to %q, want 301 with %q", c.method, c.target, c.body, got.status, location, c.want)
		}
		if strings.ContainsAny(location, " :<"[:1]) || got.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s %s: the redirect %q is not encoded or would be remembered", c.method, c.target, location)
		}
	}
}

func Test301Host(t *testing.T) {
	for host, want := range map[string]string{
		"a.example":      "http://a.example/",
		"a.example:80":   "http://a.example/",
		"a.example:8080": "http://a.example:8080/",
		"":               "http://local:9001/",
	} {
		got := get(t, newFake(), "GET", "/?action=refresh", "", "Host", host).header.Get("Location")
		if !strings.HasPrefix(got, want+"?message=Page%20refreshed%20at%20") {
			t.Errorf("a request to host %q is sent to %q, want %q", host, got, want)
		}
	}
}

func Test303Ending(t *testing.T) {
	for state, want := range map[supervisor.State]string{supervisor.Shutdown: "Shutting down", supervisor.Restarting: "Restarting"} {
		f := newFake(running("cat", 11))
		f.state = state
		for _, target := range []string{"/", "/?action=refresh", "/?action=stopall", "/index.html?action=start&processname=cat"} {
			if got := get(t, f, "GET", target, ""); got.status != 500 || !strings.Contains(got.body, "<h1>"+want) {
				t.Errorf("%s in state %v = %d, want 500 with a page that says %s", target, state, got.status, want)
			}
		}
		if got := get(t, f, "GET", "/ok.html", ""); got.status != 200 {
			t.Errorf("ok.html in state %v = %d, want 200", state, got.status)
		}
		if got := get(t, f, "GET", "/tail.html?processname=cat", ""); !strings.Contains(got.body, "ERROR: unexpected rpc fault [6] SHUTDOWN_STATE") {
			t.Errorf("tail.html in state %v says %s", state, got.body)
		}
	}
}

func Test305Tail(t *testing.T) {
	text := strings.Repeat("0123456789abcde\n", 200) + "<script>\xff\x00</script>\n"
	f := newFake(logFile(t, running("g:a", 12), text), running("cat", 13))
	for _, c := range []struct {
		target string
		want   []string
		size   int // of the text shown; 0: not checked
	}{
		{"/tail.html", []string{"Supervisor tail of process None", "<pre>No process name found</pre>"}, 0},
		{"/tail.html?processname=", []string{"No process name found"}, 0},
		{"/tail.html?processname=nope", []string{"ERROR: unexpected rpc fault [10] BAD_NAME: nope"}, 0},
		{"/tail.html?processname=cat", []string{"No file for cat", "tail.html?processname=cat&amp;limit=1024"}, 0},
		{"/tail.html?processname=g:a", []string{"Supervisor tail of process g:a", "&lt;script&gt;\ufffd\ufffd&lt;/script&gt;", "processname=g%3Aa&amp;limit=1024"}, 1024},
		{"/tail.html?processname=g:a&limit=10", []string{"limit=1024"}, 1024},
		{"/tail.html?processname=g:a&limit=x", []string{"limit=1024"}, 1024},
		{"/tail.html?processname=g:a&limit=-2000", []string{"limit=1024"}, 1024},
		{"/tail.html?processname=g:a&limit=2000", []string{"limit=2000"}, 2000},
		{"/tail.html?processname=g:a&limit=999999999999", []string{"limit=16777216"}, len(text)},
		{"/tail.html?processname=g:a&q=SCRIPT", []string{"<pre>&lt;script&gt;\ufffd\ufffd&lt;/script&gt;\n</pre>"}, 0},
	} {
		got := get(t, f, "GET", c.target, "")
		for _, want := range c.want {
			if !strings.Contains(got.body, want) {
				t.Errorf("%s lacks %q:\n%s", c.target, want, got.body)
			}
		}
		if _, rest, _ := strings.Cut(got.body, "<pre>"); c.size > 0 {
			shown, _, _ := strings.Cut(rest, "</pre>")
			// escaping adds 3 for each of 4 characters, the two bad bytes become 3 bytes
			// each
			if size := len(shown) - 4*3 - 2*2; size != c.size {
				t.Errorf("%s shows %d bytes, want %d", c.target, size, c.size)
			}
		}
	}
}

// The page and all its files stay small.
func TestAssetsAreSmall(t *testing.T) {
	total := 0
	for _, path := range []string{"stylesheets/supervisor.css", "scripts/supervisor.js", "images/supervisor.gif", "images/icon.png"} {
		got := get(t, newFake(), "GET", "/"+path, "")
		if got.status != 200 || got.header.Get("Content-Type") == "" || got.header.Get("Last-Modified") == "" {
			t.Errorf("%s = %d with %v", path, got.status, got.header)
		}
		again := get(t, newFake(), "GET", "/"+path, "", "If-Modified-Since", "Fri, 31 Dec 2100 23:59:59 GMT")
		if again.status != 304 {
			t.Errorf("%s, not modified, = %d, want 304", path, again.status)
		}
		total += len(got.body)
	}
	if total > 60<<10 {
		t.Errorf("the assets are %d bytes, want at most 60 KiB", total)
	}
}

func TestLargePagesAreCompressed(t *testing.T) {
	f := newFake()
	for i := range 200 {
		f.put(&supervisor.Info{Name: supervisor.Name{Group: "g", Process: fmt.Sprintf("p%03d", i)}, State: process.Stopped})
	}
	plain := get(t, f, "GET", "/", "")
	for header, packed := range map[string]bool{
		"": false, "gzip": true, "br, GZip;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0, br": false, "xgzip, identity": false,
	} {
		r := get(t, f, "GET", "/", "", "Accept-Encoding", header)
		if got := r.header.Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("Accept-Encoding %q: compressed %v", header, got)
		}
		if length := r.header.Get("Content-Length"); length != strconv.Itoa(len(r.body)) {
			t.Errorf("Accept-Encoding %q: Content-Length %s of %d bytes", header, length, len(r.body))
		}
		if !packed {
			continue
		}
		if r.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Vary: %q", r.header.Get("Vary"))
		}
		z, err := gzip.NewReader(strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(z); err != nil || len(body) != len(plain.body) || len(r.body) >= len(body) {
			t.Errorf("unpacks to %d bytes, %v; the page has %d, compressed %d", len(body), err, len(plain.body), len(r.body))
		}
	}
	if r := get(t, newFake(), "GET", "/ok.html", "", "Accept-Encoding", "gzip"); r.header.Get("Content-Encoding") != "" {
		t.Error("a small page is compressed")
	}
}
