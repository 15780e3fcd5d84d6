package compat

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kolo/xmlrpc"
)

// load is what goes on while a daemon is upgraded.
type load struct {
	in     *instance
	before map[string]string // lives of all processes
	pauses pauses

	stop    chan struct{}
	all     sync.WaitGroup
	dials   atomic.Int32 // of the client that keeps its connection
	counted int          // events sent
	told    int          // how often each writer was told to write
	tail    *exec.Cmd
	tailed  bytes.Buffer
	calls   [6]atomic.Int32 // made by each kind of client
}

func newLoad(in *instance, before map[string]string) *load {
	l := &load{in: in, before: before, stop: make(chan struct{})}
	in.must(l.follow())
	for _, client := range []func(){l.callsAgain, l.connectsAgain, l.stopsAndWaits, l.batches, l.startsAndWaits, l.tellsWriters, l.connectsToProgram} {
		l.all.Go(client)
	}
	return l
}

// more reports whether clients go on.
func (l *load) more() bool {
	select {
	case <-l.stop:
		return false
	default:
		return !l.in.t.Failed()
	}
}

// end ends all clients once they have their answers.
func (l *load) end() {
	close(l.stop)
	done := make(chan struct{})
	go func() { l.all.Wait(); close(done) }()
	l.in.await("the last answers", func() bool {
		_ = l.in.write("free", "")
		_ = l.in.write("free2", "")
		select {
		case <-done:
			return true
		default:
			return false
		}
	})
	var made []int32
	for i := range l.calls {
		made = append(made, l.calls[i].Load())
	}
	l.in.t.Log("calls:", made, "events:", l.counted, "writers told:", l.told)
}

// callsAgain makes one call after the other on one connection that stays.
func (l *load) callsAgain() {
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		l.dials.Add(1)
		return l.in.dial(false)
	}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	for i := 0; l.more(); i++ {
		switch {
		case i%50 == 0:
			list, err := callOn(client, "supervisor.getAllProcessInfo")
			if err != nil {
				l.in.t.Error("getAllProcessInfo: ", err)
				return
			}
			l.wantSameLives(livesIn(list))
		case i%5 == 0:
			v, err := callOn(client, "supervisor.sendRemoteCommEvent", "n", fmt.Sprint("count ", l.counted))
			if err != nil || v.text != "1" {
				l.in.t.Errorf("event %d: %v %v", l.counted, v, err)
				return
			}
			l.counted++
		default:
			name := fmt.Sprintf("idle_%03d", i%150)
			v, err := callOn(client, "supervisor.getProcessInfo", "idle:"+name)
			if err != nil || livesIn(value{items: []value{v}})[name] != l.before[name] {
				l.in.t.Errorf("%s: %v %v", name, v, err)
				return
			}
		}
		l.calls[0].Add(1)
	}
	if n := l.dials.Load(); n != 1 {
		l.in.t.Errorf("the client that keeps its connection has made %d", n)
	}
}

// callOn makes a call that the HTTP client does not repeat.
func callOn(client *http.Client, method string, args ...any) (value, error) {
	body, err := xmlrpc.EncodeMethodCall(method, args...)
	if err != nil {
		return value{}, err
	}
	req, err := http.NewRequest("POST", "http://localhost/RPC2", bytes.NewReader(body))
	if err != nil {
		return value{}, err
	}
	req.GetBody = nil
	resp, err := client.Do(req)
	if err != nil {
		return value{}, err
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return value{}, fmt.Errorf("status %d, %w", resp.StatusCode, err)
	}
	return decodeReply(reply)
}

// connectsAgain makes each call on a new connection.
func (l *load) connectsAgain() {
	for i := 0; l.more(); i++ {
		v, err := callOn(l.in.client(i%2 == 0), "supervisor.getState")
		if err != nil || v.member("statename").text != "RUNNING" {
			l.in.t.Errorf("call %d on a new connection: %v %v", i, v, err)
		}
		l.calls[1].Add(1)
	}
}

// stopsAndWaits waits for a program that does not end until it may.
func (l *load) stopsAndWaits() {
	for l.more() {
		for _, method := range []string{"supervisor.startProcess", "supervisor.stopProcess"} {
			if v, err := l.in.call(method, "stubborn"); err != nil || v.text != "1" {
				l.in.t.Errorf("%s stubborn: %v %v", method, v, err)
				return
			}
		}
		l.calls[2].Add(1)
	}
}

// batches does the same in one request.
func (l *load) batches() {
	one := func(method string, args ...any) map[string]any {
		if args == nil {
			args = []any{}
		}
		return map[string]any{"methodName": method, "params": args}
	}
	for l.more() {
		v, err := l.in.call("system.multicall", []any{
			one("supervisor.startProcess", "batched"), one("supervisor.getState"), one("supervisor.startProcess", "batched"),
			one("supervisor.stopProcess", "batched"), one("supervisor.stopProcess", "batched"), one("supervisor.getIdentification"),
		})
		var got strings.Builder
		v.format(&got)
		const want = `[true, {statecode: 1, statename: "RUNNING"}, {faultCode: 60, faultString: "ALREADY_STARTED: batched"}, ` +
			`true, {faultCode: 70, faultString: "NOT_RUNNING: batched"}, "supervisor"]`
		if text := strings.ReplaceAll(got.String(), "\n ", ""); err != nil || text != want {
			l.in.t.Errorf("multicall: %s %v, want %s", text, err, want)
			return
		}
		l.calls[3].Add(1)
	}
}

// startsAndWaits waits for a program that is RUNNING after a second.
func (l *load) startsAndWaits() {
	for l.more() {
		for _, method := range []string{"supervisor.startProcess", "supervisor.stopProcess"} {
			if v, err := l.in.call(method, "late"); err != nil || v.text != "1" {
				l.in.t.Errorf("%s late: %v %v", method, v, err)
				return
			}
		}
		l.calls[4].Add(1)
	}
}

// tellsWriters tells the writers to write more.
func (l *load) tellsWriters() {
	for l.more() {
		for i := range writers + 1 {
			name := "followed"
			if i < writers {
				name = writerOf(i).name
			}
			if v, err := l.in.call("supervisor.sendProcessStdin", name, "more\n"); err != nil || v.text != "1" {
				l.in.t.Errorf("stdin of %s: %v %v", name, v, err)
				return
			}
		}
		l.told++
		<-time.After(30 * time.Millisecond)
	}
}

// connectsToProgram connects to the socket of the FastCGI program.
func (l *load) connectsToProgram() {
	for l.more() {
		c, err := net.Dial("unix", l.in.path("fast.sock"))
		if err != nil {
			l.in.t.Error("the socket of the FastCGI program: ", err)
			return
		}
		if text, err := io.ReadAll(c); err != nil || string(text) != "fast\n" {
			l.in.t.Errorf("the FastCGI program: %q %v", text, err)
		}
		_ = c.Close()
		l.calls[5].Add(1)
		<-time.After(time.Millisecond)
	}
}

// follow begins to follow a log.
func (l *load) follow() error {
	l.tail = l.in.command(ours.ctl, "-c", l.in.path("supervisord.conf"), "tail", "-f", "followed")
	l.tail.Stdout = &l.tailed
	return l.tail.Start()
}

// wantSameLives compares the processes that have no reason to change.
func (l *load) wantSameLives(now map[string]string) {
	l.in.t.Helper()
	for _, name := range []string{"flaky", "stubborn", "batched", "late", "soon", "notifier", "dependent"} {
		delete(l.before, name)
	}
	for name, want := range l.before {
		if now[name] != want {
			l.in.t.Errorf("%s was %s, is %s", name, want, now[name])
		}
	}
}

// wantAllWritten waits until the writers have written what they were told to, and
// compares their logs.
func (l *load) wantAllWritten() {
	in := l.in
	in.t.Helper()
	for i := range writers {
		w := writerOf(i)
		last := strings.TrimSuffix(numbered(w.layout, l.told*w.lines-1), "\n")
		in.await("the last line of "+w.name, func() bool {
			// It may be at the end of the first backup.
			return in.endsWith("logs/"+w.name, last+"\n") || !in.endsWith("logs/"+w.name, "\n") && in.endsWith("logs/"+w.name+".1", last+"\n")
		})
		in.wantNumbered(w.name, w.layout, l.told*w.lines)
	}
	last := fmt.Sprintf("\n%d\n", 100*l.told-1)
	in.await("the end of the log that is followed", func() bool { return in.endsWith("logs/followed", last) })
	in.wantNumbered("followed", "short", 100*l.told)
}

func (in *instance) endsWith(name, text string) bool {
	return strings.HasSuffix(in.read(name), text)
}

// wantAllHeard compares what the listeners have heard.
func (l *load) wantAllHeard() {
	in := l.in
	in.t.Helper()
	counts := map[string]int{"REMOTE_COMMUNICATION": l.counted, "PROCESS_COMMUNICATION_STDOUT": l.told * writerOf(0).lines / 20}
	step := func(kind string, n int) int {
		if kind == "REMOTE_COMMUNICATION" {
			return n
		}
		return 20*n + 7
	}
	total := counts["REMOTE_COMMUNICATION"] + counts["PROCESS_COMMUNICATION_STDOUT"]
	if in.recorded("slow.heard") >= total {
		in.t.Error("the slow listener is not slow: this shows nothing")
	}
	in.must(in.write("drain", ""))
	in.await("all events of the slow listener", func() bool { return in.recorded("slow.heard") >= total })
	in.await("all events of the other one", func() bool {
		return strings.Count(in.read("all.heard"), "count ") >= total
	})
	in.wantHeard("slow", counts, step)
	serials := in.wantHeard("all", counts, step)
	for i, n := range serials {
		if n != serials[0]+i {
			in.t.Errorf("after serial %d came %d", serials[i-1], n)
			break
		}
	}
	in.t.Log("events heard:", len(serials))
}
