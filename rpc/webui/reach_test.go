package webui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"reeve/supervisor"
	"reeve/supervisor/process"
)

// Everything can be reached with the keyboard.
func TestKeyboardOnly(t *testing.T) {
	f := fleet(t)
	b := browse(t, serve(t, f))
	b.open("")
	b.until(`document.getElementById("connection").className === "live"`)
	b.slash()
	b.until(`document.activeElement.id === "filter"`)
	b.press("nginx")
	b.until(`document.querySelectorAll("tr[data-id]:not([hidden])").length === 1`)
	b.press(kb.ArrowDown)
	b.until(`document.activeElement.dataset.id === "nginx"`)
	b.press("x")
	b.until(`document.getElementById("selected").textContent === "1 selected"`)
	b.press("x")
	b.until(`document.getElementById("selection").hidden`)
	// "" is the link, which has only text.
	for _, label := range []string{"Select nginx", "", "Restart nginx", "Stop nginx"} {
		b.press(kb.Tab)
		b.until(`(document.activeElement.getAttribute("aria-label") || "") === "` + label + `"`)
	}
	b.press(kb.Enter)
	b.until(fmt.Sprintf(rowOf, "nginx") + `.textContent.includes("stopped")`)
	b.slash()
	b.press(kb.Escape)
	b.until(`document.querySelectorAll("tr[data-id]:not([hidden])").length === 10`)
	b.press(kb.Escape)
	b.press(kb.ArrowDown)
	b.until(`document.activeElement.dataset.id === "api"`)
	b.press(kb.Enter)
	b.until(`document.getElementById("logtext").textContent.includes("request 399")`)
	b.slash()
	b.until(`document.activeElement.id === "search"`)
	b.press(kb.Escape)
	b.press(kb.Escape)
	b.until(`document.getElementById("log").hidden`)
	b.clean()
}

// The page works without its script, as upstream's does.
func TestWithoutScript(t *testing.T) {
	f := fleet(t)
	b := browse(t, serve(t, f))
	b.size(1280, 800, false, "light")
	b.do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	b.open("")
	b.shot("no-script.png")
	b.click(`a[href="index.html?processname=nginx&action=stop"]`)
	b.do(chromedp.WaitVisible(chromedp.CSS(`a[href="index.html?processname=nginx&action=start"]`)))
	if got := b.text(`document.getElementById("statusmessage").textContent`); got != "Process nginx stopped" {
		t.Errorf("after stopping nginx the page says %q", got)
	}
	if shown := b.text(`[...document.querySelectorAll("#tools, #log, #selection, #keys")].some((e) => e.checkVisibility())`); shown != "false" {
		t.Error("parts that need the script are shown without it")
	}
	b.size(390, 844, true, "dark")
	b.open("")
	b.shot("no-script-phone.png")
	if wide := b.text(`document.documentElement.scrollWidth > 390`); wide != "false" {
		t.Error("without its script the page is wider than the telephone")
	}
	b.open("tail.html?processname=api&q=%3Cb%3E")
	b.shot("no-script-tail.png")
	if got := b.text(`document.querySelector("pre").textContent`); !strings.Contains(got, "<b>disk</b> \ufffd full") {
		t.Errorf("the search without script shows %q", got)
	}
	b.clean()
}

// A form on another site's page does nothing.
func TestOtherSitesPage(t *testing.T) {
	f := fleet(t)
	server := serve(t, f)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<form action="%s/index.html" method="post"><input name="action" value="stop"><input name="processname" value="nginx"><button>x</button></form>`+
			`<a href="%s/index.html?processname=nginx&amp;action=stop">x</a>`, server.URL, server.URL)
	}))
	defer other.Close()
	b := browse(t, server)
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	b.do(chromedp.Navigate(elsewhere), chromedp.Click(chromedp.CSS("button")), chromedp.WaitVisible(chromedp.CSS(".notice form")))
	if s := f.stateOf("nginx"); s != process.Running {
		t.Errorf("a form on another site's page made nginx %v", s)
	}
	b.do(chromedp.Navigate(elsewhere), chromedp.Click(chromedp.CSS("a")), chromedp.WaitVisible(chromedp.CSS(".notice form")))
	if s := f.stateOf("nginx"); s != process.Running {
		t.Errorf("another site's page made nginx %v", s)
	}
	b.click(".notice button") // a person confirms
	b.do(chromedp.WaitVisible(chromedp.CSS("#statusmessage")))
	if s := f.stateOf("nginx"); s != process.Stopped {
		t.Errorf("after the question was answered nginx is %v, want STOPPED", s)
	}
}

// An address that can't be decoded does not break the page's script.
func TestBrokenAddress(t *testing.T) {
	f := fleet(t)
	b := browse(t, serve(t, f))
	b.open("#log/%E0%A4%A")
	b.until(`document.getElementById("connection").className === "live"`)
	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#log/api"; 0`))
	b.until(`document.getElementById("logtext").textContent.includes("disk")`)
	b.do(chromedp.Evaluate[chromedp.Void](`location.hash = "#log/%E0%A4%A"; 0`))
	b.until(`document.getElementById("log").hidden`)
	b.clean()
}

// A lost connection is shown; the page reconnects and gets what it missed.
func TestLostConnection(t *testing.T) {
	f := fleet(t)
	server := serve(t, f)
	b := browse(t, server)
	b.open("")
	b.until(`document.getElementById("connection").className === "live"`)
	b.do(chromedp.Evaluate[chromedp.Void](`window.lost = 0; new MutationObserver(() => { if (document.getElementById("connection").className === "lost") window.lost++; }).observe(document.getElementById("connection"), { attributes: true }); 0`))
	server.CloseClientConnections()
	b.until(`window.lost > 0`)
	f.remove("backup")
	b.until(`document.getElementById("connection").className === "live" && !document.querySelector('tr[data-id="backup"]') && !document.body.classList.contains("stale")`)
}

// With a thousand programs the table is sent once, a change is a small message, and the
// page stays fast enough to filter.
func TestThousandPrograms(t *testing.T) {
	f := newFake()
	f.sampleEach = 2 * time.Second // as in production; all thousand change each time
	for i := range 1000 {
		f.infos = append(f.infos, running(fmt.Sprintf("group%02d:worker_%04d", i/50, i), 10000+i))
	}
	b := browse(t, serve(t, f))
	b.size(1280, 800, false, "light")
	b.open("")
	b.until(`document.getElementById("connection").className === "live" && document.querySelectorAll("tr[data-id]").length === 1000`)
	f.put(proc("group07:worker_0361", process.Backoff))
	b.until(fmt.Sprintf(rowOf, "group07:worker_0361") + `.textContent.includes("backoff")`)
	b.click(`[data-chip="trouble"]`)
	b.until(`document.querySelectorAll("tr[data-id]:not([hidden])").length === 1`)
	b.click(`[data-chip="all"]`)
	b.keys("#filter", "group03 worker")
	b.until(`document.querySelectorAll("tr[data-id]:not([hidden])").length === 50`)
	b.shot("thousand.png")
	b.clean()
}

// Unusual cases look as designed.
func TestNotices(t *testing.T) {
	f := newFake()
	b := browse(t, serve(t, f))
	b.size(1280, 800, false, "light")
	b.open("")
	b.until(`document.getElementById("connection").className === "live" && document.getElementById("empty")?.checkVisibility()`)
	b.shot("empty.png")
	f.put(running("first", 1))
	b.until(`document.querySelectorAll("tr[data-id]").length === 1 && !document.getElementById("empty")`)
	f.remove("first")
	b.until(`document.getElementById("empty")?.checkVisibility() && !document.querySelector("table").checkVisibility()`)
	b.clean()
	f.setState(supervisor.Restarting)
	b.open("") // its status is 500, which the browser counts as an error
	b.until(`document.querySelector("h1").textContent === "Restarting"`)
	b.shot("restarting.png")
	f.setState(supervisor.Running)
	b.do(chromedp.WaitVisible(chromedp.CSS("#connection.live"))) // the page reconnects
}
