package webui_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"reeve/rpc/caller"
	"reeve/rpc/webui"
	"reeve/supervisor/process"
)

var tokenField = regexp.MustCompile(`name="token" value="(\w+)"`)

// ask sends a request to a handler.
func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

func TestForeignRequestsChangeNothing(t *testing.T) {
	const form = "action=stop&processname=cat&selected=cat"
	for site, allowed := range map[caller.Site]bool{
		caller.Script: true, caller.Own: true, caller.Unsure: false, caller.Foreign: false,
	} {
		for _, c := range []struct{ method, target, body string }{
			{"GET", "/index.html?" + form, ""},
			{"POST", "/index.html", form},
			{"POST", "/?action=stop&selected=cat", "a=b"},
			{"POST", "/live/action", form},
			{"POST", "/live/action", form + "&token=x"},
			{"POST", "/live/action", form + "&token="},
		} {
			f := newFake(running("cat", 11))
			h := webui.New(options(f))
			got := ask(behind{Handler: h, site: func(*http.Request) caller.Site { return site }}, c.method, c.target, c.body)
			if stopped := f.infos[0].State == process.Stopped; stopped != allowed {
				t.Errorf("site %d: %s %s stopped the process: %v, want %v", site, c.method, c.target, stopped, allowed)
			}
			if !allowed && got.Code != 403 {
				t.Errorf("site %d: %s %s = %d, want 403", site, c.method, c.target, got.Code)
			}
			if location := got.Header().Get("Location"); location != "" && strings.HasPrefix(location, "http") != (site == caller.Script) {
				t.Errorf("site %d: redirected to %s", site, location)
			}
			h.Close()
		}
	}
}

// A request from elsewhere leads to a question that a person can answer, whatever a proxy
// does to the answer's headers.
func TestForeignLinkAsks(t *testing.T) {
	for _, c := range []struct {
		target string
		fields []string
	}{
		{"/?action=stop&processname=cat", []string{"processname=cat"}},
		{"/?action=stop&selected=cat&selected=dog", []string{"selected=cat", "selected=dog"}},
	} {
		f := newFake(running("cat", 11), running("dog", 12))
		pages := webui.New(options(f))
		h := behind{Handler: pages, site: func(*http.Request) caller.Site { return caller.Foreign }}
		got := ask(h, "GET", c.target, "").Body.String()
		var answer strings.Builder
		answer.WriteString("action=stop")
		for _, field := range append(c.fields, "action=stop") {
			name, value, _ := strings.Cut(field, "=")
			if !strings.Contains(got, `name="`+name+`" value="`+value+`"`) {
				t.Errorf("the question lacks %s:\n%s", field, got)
			}
			answer.WriteString("&" + field)
		}
		token := tokenField.FindStringSubmatch(got)
		if token == nil {
			t.Fatalf("the question has no token:\n%s", got)
		}
		if w := ask(h, "POST", "/index.html", answer.String()+"&token="+token[1]); w.Code != 301 || f.stateOf("cat") != process.Stopped {
			t.Errorf("the answer = %d, the process is %v", w.Code, f.stateOf("cat"))
		}
		if refresh := ask(h, "GET", "/?action=refresh", ""); refresh.Code != 301 {
			t.Errorf("a refresh, which changes nothing, = %d, want 301", refresh.Code)
		}
		for _, target := range []string{"/live/events", "/live/log?processname=cat", "/live/search?processname=cat&q=x"} {
			if w := ask(h, "GET", target, ""); w.Code != 403 {
				t.Errorf("%s = %d, want 403", target, w.Code)
			}
		}
		pages.Close()
	}
}

// Streams and other long requests are refused when there is no room for them.
func TestTooManyStreams(t *testing.T) {
	h := webui.New(options(newFake()))
	defer h.Close()
	for _, target := range []string{"/live/events", "/live/log?processname=cat", "/?action=stop&processname=cat"} {
		if w := ask(behind{Handler: h, full: true}, "GET", target, ""); w.Code != 503 {
			t.Errorf("%s = %d, want 503", target, w.Code)
		}
	}
}

// A Host that contains a path (upstream's workaround for proxies) gives an address with a
// single slash.
func TestRedirectToHostWithPath(t *testing.T) {
	for host, want := range map[string]string{
		"h/p/": "http://h/p/?message=", "h/p": "http://h/p/?message=", "h:80": "http://h/?message=", "h:81/p/": "http://h:81/p/?message=",
	} {
		f := newFake(running("cat", 11))
		got := get(t, f, "GET", "/?action=refresh", "", "Host", host)
		if location := got.header.Get("Location"); !strings.HasPrefix(location, want) {
			t.Errorf("%s: redirected to %s", host, location)
		}
		if location := get(t, f, "GET", "/images", "", "Host", host).header.Get("Location"); location != "http://"+strings.TrimRight(host, "/")+"/images/" {
			t.Errorf("%s: the folder is at %s", host, location)
		}
	}
}
