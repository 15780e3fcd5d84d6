package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// fakeDaemon answers XML-RPC calls from a table: what each method returns, by name or by
// name and first argument (`supervisor.startProcess cat`). A fault is a *client.Fault; an
// int below 1000 under `http` is an HTTP status.
type fakeDaemon struct {
	url string

	mu      sync.Mutex
	answers map[string]any
	calls   []string
	status  int // if not 200: the status for every request
	auth    string
	// location is sent with status; requests are the targets of the requests answered
	// with it.
	location string
	requests []string
	streams  map[string]string // initial text of each log stream; streams never end
	follow   chan string       // what the streams send later
}

type object = map[string]any

// newFake serves on a unix socket in its own directory.
func newFake(t testing.TB, answers map[string]any) *fakeDaemon {
	t.Helper()
	f := &fakeDaemon{answers: map[string]any{"supervisor.getVersion": "3.0"}}
	maps.Copy(f.answers, answers)
	path := filepath.Join(shortDir(t), "s.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: f}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	f.url = "unix://" + path
	return f
}

type xmlCall struct {
	Method string     `xml:"methodName"`
	Params []xmlValue `xml:"params>param>value"`
}

type xmlValue struct {
	Text    string `xml:",chardata"`
	String  string `xml:"string"`
	Int     string `xml:"int"`
	Boolean string `xml:"boolean"`
}

func (v xmlValue) text() string { return strings.TrimSpace(v.Text) + v.String + v.Int + v.Boolean }

func (f *fakeDaemon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if user, password, _ := r.BasicAuth(); f.auth != "" && user+":"+password != f.auth {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if f.status != 0 {
		f.requests = append(f.requests, r.RequestURI)
		w.Header().Set("Location", f.location)
		w.WriteHeader(f.status)
		return
	}
	if r.Method == http.MethodGet {
		f.calls = append(f.calls, "GET "+r.RequestURI)
		if text, ok := f.streams[r.RequestURI]; ok {
			f.mu.Unlock()
			_, _ = io.WriteString(w, text)
			w.(http.Flusher).Flush()
			for open := true; open; {
				select {
				case more := <-f.follow:
					_, _ = io.WriteString(w, more)
					w.(http.Flusher).Flush()
				case <-r.Context().Done():
					open = false
				}
			}
			f.mu.Lock()
			return
		}
		text, ok := f.answers["GET "+r.RequestURI].(string)
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, text)
		return
	}
	body, _ := io.ReadAll(r.Body)
	var call xmlCall
	if err := xml.Unmarshal(body, &call); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	words := []string{call.Method}
	for _, p := range call.Params {
		words = append(words, p.text())
	}
	f.calls = append(f.calls, strings.TrimPrefix(strings.Join(words, " "), "supervisor."))
	var answer any
	found := false
	for n := len(words); n > 0 && !found; n-- {
		answer, found = f.answers[strings.Join(words[:n], " ")]
	}
	if !found {
		answer = &client.Fault{Code: api.UnknownMethod, Text: "UNKNOWN_METHOD"}
	}
	if next, ok := answer.(func() any); ok {
		answer = next()
	}
	var b bytes.Buffer
	b.WriteString("<?xml version='1.0'?>\n<methodResponse>\n")
	if fault, ok := answer.(*client.Fault); ok {
		b.WriteString("<fault>\n")
		encode(&b, object{"faultCode": fault.Code, "faultString": fault.Text})
		b.WriteString("</fault>\n")
	} else {
		b.WriteString("<params>\n<param>\n")
		encode(&b, answer)
		b.WriteString("</param>\n</params>\n")
	}
	b.WriteString("</methodResponse>\n")
	w.Header().Set("Content-Type", "text/xml")
	_, _ = w.Write(b.Bytes())
}

// set changes an answer.
func (f *fakeDaemon) set(method string, answer any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[method] = answer
}

// waitCall waits until the daemon has received that call.
func (f *fakeDaemon) waitCall(t *testing.T, call string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; <-time.After(5 * time.Millisecond) {
		f.mu.Lock()
		found := slices.Contains(f.calls, call)
		f.mu.Unlock()
		if found {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never called: %s", call)
		}
	}
}

func encode(b *bytes.Buffer, v any) {
	b.WriteString("<value>")
	switch v := v.(type) {
	case string:
		b.WriteString("<string>")
		_ = xml.EscapeText(b, []byte(v))
		b.WriteString("</string>")
	case int:
		b.WriteString("<int>" + strconv.Itoa(v) + "</int>")
	case float64:
		b.WriteString("<double>" + strconv.FormatFloat(v, 'f', -1, 64) + "</double>")
	case bool:
		if v {
			b.WriteString("<boolean>1</boolean>")
		} else {
			b.WriteString("<boolean>0</boolean>")
		}
	case []any:
		b.WriteString("<array><data>\n")
		for _, e := range v {
			encode(b, e)
		}
		b.WriteString("</data></array>")
	case object:
		b.WriteString("<struct>\n")
		for name, e := range v {
			fmt.Fprintf(b, "<member>\n<name>%s</name>\n", name)
			encode(b, e)
			b.WriteString("</member>\n")
		}
		b.WriteString("</struct>")
	default:
		panic(fmt.Sprintf("cannot encode %T", v))
	}
	b.WriteString("</value>\n")
}

// info is a process as getProcessInfo returns it.
func info(group, name, state, description string, pid int) object {
	codes := map[string]int{
		"STOPPED": 0, "STARTING": 10, "RUNNING": 20, "BACKOFF": 30, "STOPPING": 40, "EXITED": 100, "FATAL": 200, "UNKNOWN": 1000,
	}
	return object{
		"name": name, "group": group, "start": 1000, "stop": 0, "now": 2000, "state": codes[state], "statename": state, "spawnerr": "",
		"exitstatus": 0, "logfile": "", "stdout_logfile": "", "stderr_logfile": "", "pid": pid, "description": description,
	}
}

func result(group, name string, status int) object {
	return object{"group": group, "name": name, "status": status, "description": "OK"}
}

func fault(code int, text string) *client.Fault { return &client.Fault{Code: code, Text: text} }

// syncBuffer collects output written by several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// one runs one action against url and returns its output and its exit status.
func one(t *testing.T, url, line, input string, change func(*ctl)) (stdout, stderr string, exit int) {
	t.Helper()
	var out, errs syncBuffer
	c := &ctl{
		set:   &settings{serverURL: url, prompt: "supervisor"},
		out:   &output{out: &out, err: &errs},
		input: newPlainReader(strings.NewReader(input), &out, loadHistory("")),
	}
	if change != nil {
		change(c)
	}
	c.command(t.Context(), line)
	return out.String(), errs.String(), c.exit
}
