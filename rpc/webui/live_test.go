package webui_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"reeve/supervisor"
	"reeve/supervisor/process"
)

// fleet makes the processes that a small server may run.
func fleet(t *testing.T) *fake {
	exited := proc("backup", process.Exited, func(i *supervisor.Info) {
		i.Start, i.Stop, i.ExitStatus = began, began.Add(time.Hour), 2
	})
	fatal := proc("mailer", process.Fatal, func(i *supervisor.Info) {
		i.Start, i.Stop, i.SpawnErr = began, began, "Exited too quickly (process log may have details)"
	})
	backoff := proc("queue:worker_02", process.Backoff, func(i *supervisor.Info) {
		i.Start, i.SpawnErr = began, "can't find command '/opt/queue/bin/worker'"
	})
	var log strings.Builder
	for i := range 400 {
		log.WriteString(fmt.Sprintf("2026-11-23 12:%02d:%02d INFO request %d of /api/items took %d ms\n", i/60%60, i%60, i, i*37%400))
	}
	log.WriteString("\x1b[31mERROR\x1b[0m <b>disk</b> \xff full\n")
	return newFake(
		logFile(t, running("api", 812), log.String()), exited, fatal, running("nginx", 790), backoff,
		running("queue:worker_00", 901), running("queue:worker_01", 902), running("queue:worker_03", 904),
		proc("report", process.Stopped), proc("importer", process.Starting, func(i *supervisor.Info) { i.Start = began }),
	)
}

const rowOf = `document.querySelector('tr[data-id="%s"]')`

// TestLivePage uses the whole page as a person does.
func TestLivePage(t *testing.T) {
	f := fleet(t)
	b := browse(t, serve(t, f))
	b.size(1280, 800, false, "light")
	b.open("")
	b.until(`document.getElementById("connection").className === "live"`)
	b.until(`document.querySelector('tr[data-id="api"] polyline').getAttribute("points")?.split(" ").length > 20`)
	b.shot("desktop-light.png")
	b.size(1080, 640, false, "light")
	b.shot("webui.png") // for the README
	b.size(1280, 800, false, "light")

	// stop one, see it stop by an event; start one, see it run
	b.click(`tr[data-id="nginx"] [data-do="stop"]`)
	b.until(fmt.Sprintf(rowOf, "nginx") + `.textContent.includes("stopped")`)
	b.click(`tr[data-id="report"] [data-do="start"]`)
	b.until(fmt.Sprintf(rowOf, "report") + `.textContent.includes("uptime")`)
	f.put(proc("nginx", process.Running, func(i *supervisor.Info) { i.Pid, i.Start = 5555, time.Now() }))
	b.until(fmt.Sprintf(rowOf, "nginx") + `.textContent.includes("pid 5555, uptime")`)

	// a start that fails says why
	f.fails["mailer:mailer"] = supervisor.ErrSpawn
	b.click(`tr[data-id="mailer"] [data-do="start"]`)
	b.until(`document.getElementById("statusmessage").textContent === "ERROR: Process mailer: spawn error"`)

	// filter and fold
	b.keys("#filter", "worker")
	b.until(`document.querySelectorAll("tr[data-id]:not([hidden])").length === 4`)
	b.keys("#filter", kb.Escape)
	b.until(`document.querySelectorAll("tr[data-id]:not([hidden])").length === 10`)
	b.click(".fold")
	b.until(`document.querySelectorAll("tr[data-id]:not([hidden])").length === 6`)
	b.click(".fold")
	b.until(`document.querySelectorAll("tr[data-id]:not([hidden])").length === 10`)

	// select three, stop, watch them stop
	for _, id := range []string{"api", "queue:worker_00", "queue:worker_01"} {
		b.click(`tr[data-id="` + id + `"] .pick input`)
	}
	b.until(`document.getElementById("selected").textContent === "3 selected"`)
	b.shot("desktop-selected.png")
	b.click(`#selection [data-do="stop"]`)
	b.click(`#confirm button[value="yes"]`)
	b.until(`["api", "queue:worker_00", "queue:worker_01"].every((id) => document.querySelector('tr[data-id="' + id + '"]').textContent.includes("stopped"))`)
	b.click(`#selection [data-do=""]`)

	// a removed process disappears, a new one appears in its place
	f.remove("backup")
	f.put(running("<b>bold</b>", 77))
	b.until(`document.querySelector("tr[data-id]").dataset.id === "<b>bold</b>" && !document.querySelector('tr[data-id="backup"]')`)

	f.setState(supervisor.Shutdown)
	b.until(`document.getElementById("mood").textContent.startsWith("Shutting down")`)
	b.shot("desktop-ending.png")
	b.clean()
}

func TestLiveLog(t *testing.T) {
	f := fleet(t)
	b := browse(t, serve(t, f))
	b.size(1280, 800, false, "dark")
	b.open("")
	b.click(`tr[data-id="api"] .name a`)
	b.until(`document.getElementById("logtext").textContent.includes("ERROR <b>disk</b> \ufffd full")`)
	file, err := os.OpenFile(f.infos[0].StdoutLogfile, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString("a new line, hal"); err != nil {
		t.Fatal(err)
	}
	b.until(`document.getElementById("logtext").textContent.endsWith("a new line, hal")`)
	if _, err := file.WriteString("f of it at first\n"); err != nil {
		t.Fatal(err)
	}
	b.until(`document.getElementById("logtext").textContent.endsWith("a new line, half of it at first\n")`)
	b.keys("#search", "REQUEST 39")
	b.until(`document.getElementById("hits").textContent === "11 matches"`)
	b.keys("#search", kb.Enter)
	b.until(`document.querySelector("mark.here")?.textContent === "request 39"`)
	b.click("#whole")
	b.until(`document.getElementById("found").textContent.startsWith("11 lines in the whole log")`)
	b.shot("desktop-log-dark.png")
	b.do(chromedp.NavigateBack())
	b.until(`document.getElementById("log").hidden`)
	b.clean()
}

func TestLivePhone(t *testing.T) {
	f := fleet(t)
	b := browse(t, serve(t, f))
	for _, scheme := range []string{"light", "dark"} {
		b.size(390, 844, true, scheme)
		b.open("")
		b.until(`document.getElementById("connection").className === "live"`)
		if wide := b.text(`document.documentElement.scrollWidth > 390`); wide != "false" {
			t.Errorf("the page is wider than the telephone (%s)", scheme)
		}
		b.until(`document.querySelector('tr[data-id="api"] polyline').getAttribute("points")?.split(" ").length > 20`)
		b.shot("phone-" + scheme + ".png")
		b.click(`tr[data-id="api"] .name a`)
		b.until(`document.getElementById("logtext").textContent.includes("full")`)
		b.shot("phone-log-" + scheme + ".png")
		b.click("#logclose")
		b.until(`document.getElementById("log").hidden`)
	}
	b.clean()
}
