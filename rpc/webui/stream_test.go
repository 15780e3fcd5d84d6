package webui_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"reeve/rpc/webui"
	"reeve/supervisor/process"
)

// listener reads a stream of server-sent events.
type listener struct {
	t      *testing.T
	reply  *http.Response
	lines  *bufio.Scanner
	lastID string
}

func listen(t *testing.T, address string, headers ...string) *listener {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{t: t, reply: reply, lines: bufio.NewScanner(reply.Body)}
	l.lines.Buffer(nil, 1<<24)
	if reply.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s is %s, not a stream", address, reply.Header.Get("Content-Type"))
	}
	return l
}

func (l *listener) close() { l.reply.Body.Close() }

// next waits for the next event; ok is false at the end of the stream.
func (l *listener) next() (name, data string, ok bool) {
	for l.lines.Scan() {
		key, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch key {
		case "event":
			name = value
		case "id":
			l.lastID = value
		case "data":
			data = value
		case "":
			if name != "" {
				return name, data, true
			}
		}
	}
	return "", "", false
}

// until waits for an event of that name and returns its data and the events before it.
func (l *listener) until(name string) (data string, before []string) {
	l.t.Helper()
	for {
		got, data, ok := l.next()
		if !ok {
			l.t.Fatalf("the stream ended before %s; it held %q", name, before)
		}
		if got == name {
			return data, before
		}
		before = append(before, got)
	}
}

func TestEventsResume(t *testing.T) {
	f := newFake(running("a", 1), running("b", 2))
	server := serve(t, f)
	first := listen(t, server.URL+"/live/events")
	table, _ := first.until("table")
	if !strings.Contains(table, `"id":"b"`) {
		t.Errorf("the table is %s", table)
	}
	f.put(proc("b", process.Stopping))
	patch, _ := first.until("patch")
	if !strings.Contains(patch, `"s":40`) || strings.Contains(patch, `"id":"a"`) {
		t.Errorf("after one change the patch is %s", patch)
	}
	known := first.lastID
	first.close()

	again := listen(t, server.URL+"/live/events?known=stale", "Last-Event-ID", known)
	if _, before := again.until("mood"); len(before) != 1 || before[0] != "hello" {
		t.Errorf("a page that comes back with the same table got %q before the mood, want only a hello", before)
	}
	again.close()
	f.remove("a")
	late := listen(t, server.URL+"/live/events?known="+known)
	for { // in the whole table, or in a patch if the hub has not refreshed yet
		name, data, ok := late.next()
		if !ok {
			t.Fatal("a page that missed something was not told")
		}
		if name == "patch" && strings.Contains(data, `"del":["a"]`) || name == "table" && !strings.Contains(data, `"id":"a"`) {
			break
		}
	}
	late.close()
}

// The page says which table it shows, so it does not get it twice.
func TestPageTellsItsTable(t *testing.T) {
	f := newFake(running("a", 1))
	server := serve(t, f)
	page := get(t, f, "GET", "/", "").body
	_, rest, _ := strings.Cut(page, `data-known="`)
	known, _, _ := strings.Cut(rest, `"`)
	l := listen(t, server.URL+"/live/events?known="+known)
	defer l.close()
	if _, before := l.until("mood"); len(before) != 1 {
		t.Errorf("a fresh page got %q before the mood, want only a hello", before)
	}
}

func TestStreamsEndWithTheHandler(t *testing.T) {
	f := newFake(logFile(t, running("a", 1), "x\n"))
	h := webui.New(options(f))
	server := httptest.NewServer(behind{Handler: h})
	defer server.Close()
	events, log := listen(t, server.URL+"/live/events"), listen(t, server.URL+"/live/log?processname=a")
	events.until("mood")
	log.until("text")
	if n := f.viewers(); n != 1 {
		t.Errorf("with one page there are %d watchers, want 1", n)
	}
	h.Close()
	for _, l := range []*listener{events, log} {
		for ok := true; ok; {
			_, _, ok = l.next()
		}
	}
	for f.viewers() > 0 { // the hub ends on its own goroutine
		time.Sleep(time.Millisecond)
	}
}

// logText waits until a log stream has shown all of want.
func logText(l *listener, want string) {
	l.t.Helper()
	got := ""
	for !strings.HasSuffix(got, want) {
		name, data, ok := l.next()
		if !ok {
			l.t.Fatalf("the stream ended; it held %q, want %q", got, want)
		}
		switch name {
		case "begin":
			got = ""
		case "text":
			var text string
			if err := json.Unmarshal([]byte(data), &text); err != nil {
				l.t.Fatal(err)
			}
			got += text
		}
	}
}

func TestLogIsFollowed(t *testing.T) {
	f := newFake(logFile(t, running("g:a", 1), "begin\n"))
	path := f.infos[0].StdoutLogfile
	l := listen(t, serve(t, f).URL+"/live/log?processname="+url.QueryEscape("g:a")+"&channel=stdout")
	defer l.close()
	logText(l, "begin\n")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	// A character is split in two.
	for _, piece := range []string{"caf\xc3", "\xa9 <b>\x00\xff\n"} {
		if _, err := file.WriteString(piece); err != nil {
			t.Fatal(err)
		}
	}
	file.Close()
	logText(l, "café <b>\x00\ufffd\n")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("rotated\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	logText(l, "rotated\n")
}

func TestLogThatIsNotThereYet(t *testing.T) {
	f := newFake(logFile(t, running("a", 1), ""))
	path := f.infos[0].StdoutLogfile
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	l := listen(t, serve(t, f).URL+"/live/log?processname=a")
	defer l.close()
	l.until("hello")
	if err := os.WriteFile(path, []byte("here\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	logText(l, "here\n")
}

func TestLogThatNeverIs(t *testing.T) {
	server := serve(t, newFake(running("a", 1)))
	for target, want := range map[string]string{
		"a":                 `"No file for a"`,
		"nope":              `"ERROR: unexpected rpc fault [10] BAD_NAME: nope"`,
		"a&channel=neither": `"ERROR: cannot find the log of a: no channel \"neither\""`,
	} {
		l := listen(t, server.URL+"/live/log?processname="+target)
		if data, _ := l.until("none"); data != want {
			t.Errorf("the log of %s is %s, want %s", target, data, want)
		}
		l.close()
	}
}

func TestSearch(t *testing.T) {
	text := "first Error\n" + strings.Repeat("fill\n", 1000) + strings.Repeat("error again\n", 600) + "<b>ERROR</b> last"
	f := newFake(logFile(t, running("a", 1), text))
	got := get(t, f, "GET", "/live/search?processname=a&q=error", "")
	var found struct {
		Lines []string
		Total int
		Bytes int
		Whole bool
	}
	if err := json.Unmarshal([]byte(got.body), &found); err != nil {
		t.Fatal(err)
	}
	if found.Total != 602 || len(found.Lines) != 500 || found.Lines[499] != "<b>ERROR</b> last" || !found.Whole || found.Bytes != len(text) {
		t.Errorf("found %d lines of %d in %d bytes (whole: %v)", len(found.Lines), found.Total, found.Bytes, found.Whole)
	}
	if got := get(t, f, "GET", "/live/search?processname=nope&q=x", ""); got.status != 404 {
		t.Errorf("a search in an unknown log = %d, want 404", got.status)
	}
}

func TestLiveAction(t *testing.T) {
	f := newFake(running("a", 1), running("g:b", 2), proc("c", process.Stopped))
	got := get(t, f, "POST", "/live/action", "action=stop&selected=a&selected=g%3Ab&selected=c&selected=a")
	want := `[{"name":"a","ok":true,"text":"Process a stopped"},{"name":"c","ok":false,"text":"unexpected rpc fault [70] NOT_RUNNING: c"},` +
		`{"name":"g:b","ok":true,"text":"Process g:b stopped"}]` + "\n"
	if got.status != 200 || got.body != want {
		t.Errorf("stop of three = %d %s, want %s", got.status, got.body, want)
	}
	if got := get(t, f, "POST", "/live/action", "action=restartall"); got.status != 200 || !strings.Contains(got.body, "All restarted at") {
		t.Errorf("restart of all = %d %s", got.status, got.body)
	}
	for _, body := range []string{"", "action=nope&selected=a", "action=nope"} {
		if got := get(t, f, "POST", "/live/action", body); got.status != 400 {
			t.Errorf("%q = %d, want 400", body, got.status)
		}
	}
}
