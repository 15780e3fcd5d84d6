package webui_test

import (
	"context"
	"html"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reeve/supervisor"
	"reeve/supervisor/process"
)

const oracleConfig = `
[supervisord]
logfile=%(here)s/main.log
pidfile=%(here)s/pid
childlogdir=%(here)s
[unix_http_server]
file=%(here)s/s
[program:cat]
command=/bin/cat
autostart=false
stdout_logfile=%(here)s/out
[program:silent]
command=/bin/cat
autostart=false
stdout_logfile=NONE
stderr_logfile=NONE
[group:g]
programs=a
[program:a]
command=/nowhere/at/all
autostart=false
`

// startOracle runs upstream's daemon in its own directory until the test ends, and
// returns a client for its socket.
func startOracle(t *testing.T) (client *http.Client, dir string) {
	t.Helper()
	const program = "/usr/bin/supervisord"
	if _, err := os.Stat(program); err != nil {
		t.Skipf("upstream's daemon is not installed: %v", err)
	}
	dir, err := os.MkdirTemp("", "web") // short: the socket's path is limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for name, text := range map[string]string{"conf": oracleConfig, "out": strings.Repeat("0123456789abcde\n", 300)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	daemon := exec.Command(program, "-n", "-c", filepath.Join(dir, "conf"))
	daemon.Dir = dir
	if err := daemon.Start(); err != nil {
		t.Skipf("upstream's daemon does not start: %v", err)
	}
	ended := make(chan struct{})
	go func() { _ = daemon.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		<-ended
	})
	client = &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, "s"))
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(client.CloseIdleConnections)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		if reply, err := client.Get("http://oracle/ok.html"); err == nil {
			reply.Body.Close()
			return client, dir
		}
		select {
		case <-ended:
			t.Skip("upstream's daemon ended at once")
		case <-t.Context().Done():
			t.Fatal("upstream's daemon does not answer")
		case <-poll.C:
		}
	}
}

var (
	hrefs    = regexp.MustCompile(`<a [^>]*href="([^"]*)"`)
	pre      = regexp.MustCompile(`(?s)<pre[^>]*>(.*?)</pre>`)
	anyTitle = regexp.MustCompile(`<title>(.*?)</title>`)
)

// facts are the properties of a page that clients may rely on.
type facts struct {
	Status                                 int
	Location, Type, Pragma, Cache, Expires string
	Title, Pre                             string
	Links                                  string
}

func factsOf(status int, header http.Header, body string) facts {
	f := facts{
		Status:   status,
		Location: regexp.MustCompile(`at%20.*`).ReplaceAllString(header.Get("Location"), "at%20DATE"),
		Pragma:   header.Get("Pragma"),
		Expires:  header.Get("Expires"),
	}
	if status != http.StatusOK {
		return f // the rest is up to the transport
	}
	f.Type = header.Get("Content-Type")
	if strings.HasPrefix(f.Type, "text/html") {
		f.Cache = header.Get("Cache-Control")
	}
	if m := anyTitle.FindStringSubmatch(body); m != nil {
		f.Title = m[1]
	}
	if m := pre.FindStringSubmatch(body); m != nil && f.Title != "Supervisor Status" {
		f.Pre = html.UnescapeString(m[1])
	}
	var links []string
	for _, m := range hrefs.FindAllStringSubmatch(body, -1) {
		link := html.UnescapeString(m[1])
		if strings.Contains(link, "?") || strings.HasPrefix(link, "logtail/") {
			links = append(links, link)
		}
	}
	slices.Sort(links)
	f.Links = strings.Join(slices.Compact(links), "\n")
	return f
}

type oracleRequest struct{ method, target, body string }

var oracleRequests = []oracleRequest{
	{"GET", "/", ""},
	{"POST", "/", "x=y"},
	{"GET", "/index.html", ""},
	{"GET", "/?message=%3Cb%3E%C3%A9", ""},
	{"HEAD", "/", ""},
	{"DELETE", "/", ""},
	{"PUT", "/index.html", "x"},
	{"GET", "/ok.html", ""},
	{"POST", "/ok.html", "x"},
	{"GET", "/nope.html", ""},
	{"GET", "/images/", ""},
	{"GET", "/images/nope", ""},
	{"GET", "/?action=refresh", ""},
	{"GET", "/?action=nope", ""},
	{"GET", "/?action=start", ""},
	{"GET", "/?action=start&processname=", ""},
	{"GET", "/?action=nope&processname=cat", ""},
	{"GET", "/?action=nope&processname=nope", ""},
	{"GET", "/?action=start&processname=nope", ""},
	{"GET", "/?action=start&processname=g:*", ""},
	{"GET", "/?action=start&processname=g:a", ""},
	{"GET", "/?action=stop&processname=g%3Aa", ""},
	{"GET", "/?action=stop&processname=it%27s+%26%2F%C3%A9~", ""},
	{"GET", "/?action=stop&processname=cat&processname=nope", ""},
	{"GET", "/?action=&processname=cat", ""},
	{"POST", "/index.html", "action=stop&processname=nope"},
	{"POST", "/index.html?action=refresh", "action=stop&processname=nope&processname=cat"},
	{"POST", "/?action=stop&processname=nope", "processname=cat"},
	{"GET", "/?action=clearlog&processname=silent", ""},
	{"GET", "/?action=stopall", ""},
	{"GET", "/tail.html", ""},
	{"GET", "/tail.html?processname=", ""},
	{"GET", "/tail.html?processname=nope", ""},
	{"GET", "/tail.html?processname=g:*", ""},
	{"GET", "/tail.html?processname=silent", ""},
	{"GET", "/tail.html?processname=cat", ""},
	{"GET", "/tail.html?processname=cat&limit=2000", ""},
	{"GET", "/tail.html?processname=cat&limit=10", ""},
	{"GET", "/tail.html?processname=cat&limit=-3000", ""},
	{"GET", "/tail.html?processname=cat&limit=+3000", ""},
	{"GET", "/tail.html?processname=cat&limit=1e4", ""},
	{"POST", "/tail.html?processname=nope", "processname=cat&limit=1600"},
}

// ask sends the request to upstream's daemon.
func (c oracleRequest) ask(client *http.Client) (facts, error) {
	request, err := http.NewRequest(c.method, "http://oracle:8001"+c.target, strings.NewReader(c.body))
	if err != nil {
		return facts{}, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return facts{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return factsOf(answer.StatusCode, answer.Header, string(body)), err
}

// Both sides get the same requests. Upstream gets them all at once, because it takes half
// a second for each page.
func TestLikeOracle(t *testing.T) {
	client, dir := startOracle(t)
	wants, errs := make([]facts, len(oracleRequests)), make([]error, len(oracleRequests))
	var all sync.WaitGroup
	for i, c := range oracleRequests {
		all.Go(func() { wants[i], errs[i] = c.ask(client) })
	}
	all.Wait()
	for i, c := range oracleRequests {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		f := newFake(proc("cat", process.Stopped), proc("silent", process.Stopped), proc("g:a", process.Stopped))
		f.infos[0].StdoutLogfile = filepath.Join(dir, "out")
		f.fails["g:a"] = &supervisor.CommandError{Missing: true, Reason: "can't find command"}
		mine := get(t, f, c.method, c.target, c.body, "Host", "oracle:8001")
		if got := factsOf(mine.status, mine.header, mine.body); got != wants[i] {
			t.Errorf("%s %s %q:\n%+v\nupstream's:\n%+v", c.method, c.target, c.body, got, wants[i])
		}
	}
}
