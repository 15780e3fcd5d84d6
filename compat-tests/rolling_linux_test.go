package compat

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	rollTimes    = flag.Int("roll.times", 2, "TestRollingPool: how many rolling restarts")
	rollFails    = flag.Int("roll.fails", 1, "TestRollingPool: how many rolls that go back")
	rollRequests = flag.Int("roll.requests", 1000, "TestRollingPool: how many requests at least")
)

// closedLoop is clients each of which asks again when it has its answer.
type closedLoop struct {
	url     string
	mu      sync.Mutex
	answers map[string]int
	failed  []error
	longest time.Duration
	stop    chan struct{}
	busy    sync.WaitGroup
}

func ask(url string, clients int) *closedLoop {
	l := &closedLoop{url: url, stop: make(chan struct{}), answers: map[string]int{}}
	for range clients {
		// Each request has a connection of its own: nobody can say that it was an old one.
		c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
		l.busy.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
					l.once(c)
				}
			}
		})
	}
	return l
}

func (l *closedLoop) once(c *http.Client) {
	began := time.Now()
	text, err := get(c, l.url)
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.longest = max(l.longest, took); err != nil {
		l.failed = append(l.failed, err)
		return
	}
	l.answers[text]++
}

func get(c *http.Client, url string) (string, error) {
	r, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = errors.New(r.Status)
	}
	return strings.TrimSpace(string(text)), err
}

func (l *closedLoop) asked() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, of := range l.answers {
		n += of
	}
	return n + len(l.failed)
}

// end returns how it went in words; nothing may have failed.
func (l *closedLoop) end(in *instance, what string) string {
	close(l.stop)
	l.busy.Wait()
	if len(l.failed) > 0 {
		in.t.Errorf("%s: %d of %d requests failed, the first one: %v", what, len(l.failed), l.asked(), l.failed[0])
	}
	return fmt.Sprintf("%s: %d requests, %d failed, the longest took %s", what, l.asked(), len(l.failed), l.longest.Round(time.Millisecond))
}

const pool = `[program:pool]
command={{.Child}} pool one %(process_num)d
process_name=pool_%(process_num)d
numprocs=4
listen=tcp:127.0.0.1:{{.Port}}
ready=log:listening
startretries=0
`

// TestRollingPool: no request is refused or lost while the members of a pool are restarted
// in turn, while rolls fail and go back, and in an update.
func TestRollingPool(t *testing.T) {
	in := hostile(t, pool)
	in.mustStart()
	url := in.expand.Replace("http://127.0.0.1:{{.Port}}/")
	configure := func(version string) {
		text, _, _ := strings.Cut(in.read("supervisord.conf"), "[program:pool]")
		in.must(in.write("supervisord.conf", text+in.expand.Replace(strings.Replace(pool, "pool one %(process_num)d", "pool "+version, 1))))
	}
	l := ask(url, 4)
	rolls := 0
	next := func() { // the rolls are spread over the requests
		rolls++
		in.await("requests", func() bool { return l.asked() >= *rollRequests*rolls/(*rollTimes+*rollFails+2) })
	}
	for i := range *rollTimes {
		next()
		in.rolls(0, "done; 4 restarted", "restart", "--rolling", fmt.Sprintf("--batch=%d", 1+i%2), fmt.Sprintf("--surge=%d", i%3), "pool:*")
	}
	for i := range *rollFails {
		next()
		configure(fmt.Sprintf("broken %%(process_num)d broken-from=%d", i%4))
		in.rolls(1, fmt.Sprintf("is FATAL (Exited before it was ready (process log may have details)); %d as before", 1+i%4), "update", "--rolling", "--revert")
	}
	next()
	configure("two %(process_num)d")
	in.rolls(0, "done; 4 restarted", "update", "--rolling")
	var c http.Client
	for range 20 {
		if text, err := get(&c, url); err != nil || text != "two" {
			t.Errorf("after the update: %s, %v", text, err)
		}
	}
	next()
	if l.answers["one"] == 0 || l.answers["two"] == 0 {
		t.Errorf("answers: %v", l.answers)
	}
	rolled := l.end(in, "rolling")
	l = ask(url, 4)
	for range *rollTimes {
		in.ctl1("restart", "pool:*")
	}
	t.Log(rolled + "\n" + l.end(in, "stop, then start"))
	in.stopDaemon()
}

// rolls runs supervisorctl, whose last line has to contain a text.
func (in *instance) rolls(status int, end string, args ...string) {
	in.t.Helper()
	out, got := in.ctl1(args...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if got != status || !strings.Contains(lines[len(lines)-1], end) {
		in.t.Logf("the end of the log:\n%s", last(in.read("supervisord.log"), 4000))
		logs, _ := filepath.Glob(in.path("logs/pool*"))
		for _, log := range logs {
			in.t.Logf("%s:\n%s", log, last(in.read(log), 1000))
		}
		in.t.Fatalf("supervisorctl %s: status %d, want %d, and %q at the end of\n%s", strings.Join(args, " "), got, status, end, out)
	}
}

func last(text string, n int) string { return text[max(0, len(text)-n):] }

// ctl1 runs supervisorctl once.
func (in *instance) ctl1(args ...string) (out string, status int) {
	cmd := in.command(ours.ctl, append([]string{"-c", in.path("supervisord.conf")}, args...)...)
	text, _ := cmd.CombinedOutput()
	return string(text), cmd.ProcessState.ExitCode()
}
