package compat

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser is a headless Chromium for which every name below .test is this machine.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// browserPatience bounds one step on a slow, busy machine.
const browserPatience = time.Minute

func newBrowser(t *testing.T) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no browser")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium is installed (Debian: apt-get install chromium)")
	}
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1"))...)
	t.Cleanup(cancelAlloc)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		cancel()
	})
	if err := chromedp.Listen(ctx, func(any) {}); err != nil { // starts the browser
		t.Fatal(err)
	}
	return &browser{t, ctx}
}

func (b *browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v; the page is %q", what, err, b.text(`document.documentElement.outerHTML.slice(0, 2000)`))
	}
}

func (b *browser) open(url string) { b.t.Helper(); b.do("opening "+url, chromedp.Navigate(url)) }

// until waits for a condition of the page, a script expression.
func (b *browser) until(expression string) {
	b.t.Helper()
	b.do("waiting for "+expression, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for {
			if yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")")); err == nil && yes {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pollEvery):
			}
		}
	}))
}

func (b *browser) text(expression string) string {
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		return err.Error()
	}
	return text
}

// run starts a script in the page, which sets document.title to "over" in the end, and
// waits for that.
func (b *browser) run(script string) {
	b.t.Helper()
	b.do("running a script", chromedp.Evaluate[chromedp.Void]("document.title = ''; (async () => {"+script+"; document.title = 'over'; })(); 0"))
	b.until(`document.title === "over"`)
}

const stopAll = "<methodCall><methodName>supervisor.stopAllProcesses</methodName></methodCall>"

// attack is a script that does what a page of another site can do to the server at a URL,
// and waits until it was answered.
func attack(url string) string {
	return strings.NewReplacer("{URL}", url, "{CALL}", stopAll).Replace(`
	const settle = (what) => what.then(() => 0, () => 0);
	for (const path of ["/RPC2", "/RPC2x", "/live/action"]) for (const mode of ["no-cors", "cors"])
		await settle(fetch("{URL}" + path, { method: "POST", mode, credentials: "include", headers: { "Content-Type": "text/plain" }, body: "{CALL}" }));
	for (const path of ["/live/action", "/index.html"])
		await settle(fetch("{URL}" + path, { method: "POST", mode: "no-cors", credentials: "include", referrerPolicy: "no-referrer", body: new URLSearchParams("action=stopall&selected=sleep&processname=sleep") }));
	for (const referrerPolicy of ["no-referrer", "unsafe-url"]) for (const query of ["action=stopall", "action=stop&processname=sleep"]) {
		await new Promise((over) => { const i = new Image(); i.referrerPolicy = referrerPolicy; i.onload = i.onerror = over; i.src = "{URL}/index.html?" + query; });
		await settle(fetch("{URL}/?" + query, { mode: "no-cors", credentials: "include", referrerPolicy, headers: { "Accept-Language": "" } }));
	}
	const frame = document.createElement("iframe"), form = document.createElement("form"), field = document.createElement("textarea");
	frame.name = "target";
	document.body.append(frame);
	form.action = "{URL}/RPC2"; form.method = "post"; form.enctype = "text/plain"; form.target = "target";
	field.name = '<?xml version="1.0"?><!--'; field.value = '-->{CALL}';
	form.append(field);
	document.body.append(form);
	await new Promise((over) => { frame.onload = over; form.submit(); })`)
}

// elsewhere serves another site's empty page on a port of its own.
func elsewhere(t *testing.T) (port int) {
	t.Helper()
	l := listenLocal(t)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<body>another site</body>")
	}), ReadHeaderTimeout: browserPatience}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return portOf(l)
}

// No page of another site stops a program: not by forms, fetches or pictures, with a
// password or without, and not under a name that leads to this machine (DNS rebinding).
func TestHostilePages(t *testing.T) {
	second, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	in := hostile(t, fmt.Sprintf(`[program:sleep]
command=/bin/sleep 600
startsecs=0
[inet_http_server]
port=127.0.0.1:{{.Port}}
[inet_http_server:secret]
port=127.0.0.1:%d
username=me
password=secret
`, second))
	b := newBrowser(t)
	in.mustStart()
	other := elsewhere(t)
	unhurt := func(how string) {
		t.Helper()
		if s := in.state("sleep"); s != "RUNNING" {
			t.Errorf("%s made the program %s", how, s)
			if _, err := in.call("supervisor.startProcess", "sleep"); err != nil {
				t.Fatal(err)
			}
		}
	}
	open, closed := fmt.Sprintf("127.0.0.1:%d", in.port), fmt.Sprintf("127.0.0.1:%d", second)
	named, namedClosed := fmt.Sprintf("ops.test:%d", in.port), fmt.Sprintf("ops.test:%d", second)
	for _, url := range []string{closed, namedClosed} { // the operator is logged in
		b.open("http://me:secret@" + url + "/")
		b.until(`document.getElementById("connection")?.className === "live"`)
	}
	for _, page := range []string{
		fmt.Sprintf("http://evil.test:%d/", other),  // another site
		fmt.Sprintf("http://127.0.0.1:%d/", other),  // another port of the same host
		fmt.Sprintf("http://x.ops.test:%d/", other), // another host of the same domain
	} {
		for _, url := range []string{open, named, closed, namedClosed} {
			b.open(page)
			b.run(attack("http://" + url))
			unhurt("the page " + page + " acting on " + url)
		}
	}
	// The other site's name now leads to the daemon: its page has the same origin, and
	// can read what it gets.
	rebound := fmt.Sprintf("http://evil.test:%d", in.port)
	b.open(rebound + "/ok.html")
	b.run(attack(""))
	unhurt("a page with our address")
	for _, path := range []string{"/", "/logtail/sleep", "/mainlogtail", "/tail.html?processname=sleep", "/live/events", "/live/log?processname=sleep"} {
		b.run(`document.body.textContent = (await fetch("` + path + `")).status`)
		if got := b.text(`document.body.textContent`); got != "403" {
			t.Errorf("a page with our address reads %s: %s", path, got)
		}
	}
	b.open(rebound + "/")
	if got := b.text(`document.querySelector("pre")?.textContent`); got != "allowed_hosts=evil.test" {
		t.Errorf("the refusal says %q", got)
	}
	in.await("a line about it", func() bool { return in.has("supervisord.log", "of a browser at 127.0.0.1 to inet_http_server", 1) })
	in.served()
}
