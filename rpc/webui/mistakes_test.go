package webui_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"reeve/rpc/webui"
	"reeve/supervisor/procstat"
)

// A panic in a goroutine of the pages loses only what it was about to show.
func TestMistakesOfThePage(t *testing.T) {
	f := newFake(running("cat", 11))
	opt := options(f)
	crashed := make(chan string, 100)
	opt.Crashed = func(doing string, _ any) {
		select {
		case crashed <- doing:
		default:
		}
	}
	opt.Sample = func(context.Context, []int) (map[int]procstat.Usage, error) { panic("a mistake in a sample") }
	opt.RPC = panickyRPC{}
	h := webui.New(opt)
	server := httptest.NewServer(behind{Handler: h})
	t.Cleanup(server.Close)
	t.Cleanup(h.Close)
	reply, err := http.Get(server.URL + "/live/events")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if doing := <-crashed; doing != "Showing the page" {
		t.Errorf("the mistake was in %q", doing)
	}
	lines := bufio.NewScanner(reply.Body)
	for lines.Scan() && lines.Text() != "event: table" { // the stream exists nevertheless
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
	w := ask(behind{Handler: h}, "POST", "/live/action", "action=stop&selected=cat&selected=dog")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "ERROR: Process cat: internal error") {
		t.Errorf("a selection = %d %s", w.Code, w.Body)
	}
	for doing := range crashed {
		if strings.HasPrefix(doing, "Carrying out stop") {
			break
		}
	}
}

type panickyRPC struct{ webui.RPC }

func (panickyRPC) Do(context.Context, string, ...any) (any, error) { panic("a mistake in a call") }
