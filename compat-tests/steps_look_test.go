package compat

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// sight is what "look" has shown so far, so that the next one shows only what is new.
type sight struct {
	processes map[string]string
	files     map[string]string
	heard     map[string]int // bytes of each listener's record
}

const (
	stillEvery = 50 * time.Millisecond
	stillTimes = 4 // so many equal observations in a row count as rest
)

// stepLook waits until nothing moves and then shows what has changed since the last look:
// processes, lines of the main log, events that listeners recorded (files ending in
// .heard), all other files in the private directory.
//
// The name of a process shows what it is going to do: hold… stays in STARTING, slow… in
// STOPPING, brief… ends by itself, and flap… alternates between STARTING and BACKOFF, so
// that only its being in one of these is shown. All others are waited for; those that
// keep running, until they have reported that they are ready (see childActor and
// childEar).
//
// "look end" does so after the daemon was stopped or restarted: which of the last events
// listeners still get is not shown (docs/compat.md, last-events).
func stepLook(in *instance, w *strings.Builder, args []string) error {
	if in.seen == nil {
		in.seen = &sight{processes: map[string]string{}, files: map[string]string{}, heard: map[string]int{}}
	}
	var processes []value
	last, same, paused := "", 0, false
	next := time.Now()
	if !in.poll(func() bool {
		if time.Now().Before(next) {
			return false
		}
		next = time.Now().Add(stillEvery)
		list, err := in.call("supervisor.getAllProcessInfo")
		if err != nil && in.running() {
			same = 0
			return false
		}
		processes = list.items
		now := in.traces(processes)
		if !slices.ContainsFunc(processes, in.moves) && now == last {
			same++
		} else {
			last, same, paused = now, 0, false
		}
		if same == 1 && !paused {
			in.pause(processes)
			same, paused = 0, true
		}
		return same >= stillTimes
	}) {
		w.WriteString("TIMEOUT: no rest\n")
	}
	in.lookProcesses(w, processes)
	end := len(args) > 0
	in.lookLog(w, end)
	in.lookEvents(w, end)
	return in.lookFiles(w)
}

// pause makes each actor handle the signals that are on their way.
func (in *instance) pause(processes []value) {
	for _, p := range processes {
		if name := p.member("name").text; p.member("pid").text != "0" && !strings.HasPrefix(name, "ear") && !strings.HasPrefix(name, "brief") {
			in.tell(actorFileOf(in.dir, p.member("group").text, name), "pause")
		}
	}
}

// moves reports whether a process is on its way to another state.
func (in *instance) moves(info value) bool {
	name, pid := info.member("name").text, info.member("pid").text
	switch info.member("statename").text {
	case "STARTING":
		if strings.HasPrefix(name, "flap") {
			return false
		}
		if !strings.HasPrefix(name, "hold") {
			return true
		}
	case "BACKOFF":
		return !strings.HasPrefix(name, "flap")
	case "STOPPING":
		if !strings.HasPrefix(name, "slow") {
			return true
		}
	}
	if pid == "0" {
		return false
	}
	if strings.HasPrefix(name, "brief") {
		return true
	}
	up, _ := os.ReadFile(actorFileOf(in.dir, info.member("group").text, name) + ".pid")
	return string(up) != pid
}

// traces returns a text that changes whenever something happens.
func (in *instance) traces(processes []value) string {
	var w strings.Builder
	for _, p := range processes {
		if !strings.HasPrefix(p.member("name").text, "flap") {
			fmt.Fprintln(&w, p.member("group").text, p.member("name").text, p.member("state").text, p.member("pid").text, p.member("exitstatus").text)
		}
	}
	for path := range in.files() {
		if st, err := os.Stat(path); err == nil && !(path == in.path("supervisord.log") && strings.Contains(w.String(), "flap")) {
			fmt.Fprintln(&w, path, st.Size())
		}
	}
	return w.String()
}

// files yields the regular files of the instance that show what it does.
func (in *instance) files() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		stopped := false
		_ = filepath.WalkDir(in.dir, func(path string, d fs.DirEntry, err error) error {
			if d != nil && d.IsDir() && (d.Name() == "actors" || d.Name() == "tmp") {
				return fs.SkipDir
			}
			if err == nil && !stopped && d.Type().IsRegular() {
				stopped = !yield(path)
			}
			return nil
		})
	}
}

func (in *instance) lookProcesses(w *strings.Builder, processes []value) {
	now := map[string]string{}
	for _, p := range processes {
		name := p.member("group").text + ":" + p.member("name").text
		var one strings.Builder
		p.format(&one)
		now[name] = in.normal(one.String())
		if state := p.member("statename").text; strings.HasPrefix(p.member("name").text, "flap") && (state == "STARTING" || state == "BACKOFF") {
			now[name] = "STARTING or BACKOFF"
		}
		if now[name] != in.seen.processes[name] {
			fmt.Fprintln(w, "process", name, now[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.seen.processes)) {
		if _, ok := now[name]; !ok {
			fmt.Fprintln(w, "no process", name)
		}
	}
	in.seen.processes = now
}

var (
	// The number of these lines depends on how long something took.
	byTheClock = regexp.MustCompile(`success: brief|waiting for .* to (stop|die)\n|: '?flap| '?flap|received SIGCHLD|rebuffering event|event \d+ sent to listener|(ACKNOWLEDGED|READY|BUSY) -> |event was processed|can't find command '/nowhere/flap`)
	logSubject = regexp.MustCompile(`^(?:\S+ \S+ )?\S+ (?:spawned: '([^']*)'|(?:success|exited|stopped|gave up): (\S+) |killing '?(\S+?)'? )`)
)

// lookLog shows the main log's new lines, those about one process in their order.
func (in *instance) lookLog(w *strings.Builder, end bool) {
	var shown []string
	for _, line := range in.newLog(nil) {
		line = in.normal(line)
		if strings.HasPrefix(line, "TIME ") && !byTheClock.MatchString(line) && !(end && strings.Contains(line, "event was rejected")) {
			shown = append(shown, line)
		}
	}
	key := func(line string) string {
		if m := logSubject.FindStringSubmatch(line); m != nil {
			return m[1] + m[2] + m[3]
		}
		return line
	}
	slices.SortStableFunc(shown, func(a, b string) int { return strings.Compare(key(a), key(b)) })
	for _, line := range shown {
		w.WriteString("log " + strings.TrimPrefix(line, "TIME "))
	}
}

// lookFiles shows the whole text of each changed file.
func (in *instance) lookFiles(w *strings.Builder) error {
	now := map[string]string{}
	for path := range in.files() {
		name, _ := filepath.Rel(in.dir, path)
		if strings.HasPrefix(name, "supervisord.") || strings.HasPrefix(name, "daemon.") || strings.HasSuffix(name, ".conf") || strings.HasSuffix(name, ".heard") {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			continue // a rotation came between
		}
		// AUTO names are random: sorting by the text gives the same order on both sides.
		now[in.normal(name)+"\n"+in.normal(string(data))] = name
	}
	for _, text := range slices.Sorted(maps.Keys(now)) {
		if _, known := in.seen.files[text]; known {
			continue
		}
		name, data, _ := strings.Cut(text, "\n")
		fmt.Fprintln(w, "file", name)
		for line := range strings.Lines(data) {
			w.WriteString("  " + endLine(line))
		}
	}
	in.seen.files = now
	return nil
}

// stepWhen runs a step only while a process is in one of the states:
// when NAME STATE,STATE STEP…
func stepWhen(in *instance, w *strings.Builder, args []string) error {
	if len(args) < 3 || steps[args[2]] == nil {
		return fmt.Errorf("when NAME STATES STEP")
	}
	if state := in.state(args[0]); !slices.Contains(strings.Split(args[1], ","), state) {
		fmt.Fprintf(w, "(left out: %s)\n", state)
		return nil
	}
	return steps[args[2]](in, w, args[3:])
}

// stepReborn runs a step that restarts the daemon: reborn STEP…
func stepReborn(in *instance, w *strings.Builder, args []string) error {
	if len(args) == 0 || steps[args[0]] == nil {
		return fmt.Errorf("reborn STEP")
	}
	before, err := os.Stat(in.path("supervisord.pid"))
	if err != nil {
		return err
	}
	if err := steps[args[0]](in, w, args[1:]); err != nil {
		return err
	}
	if !in.poll(func() bool {
		after, err := os.Stat(in.path("supervisord.pid"))
		return !in.running() || err == nil && in.pidfile() > 0 && !after.ModTime().Equal(before.ModTime())
	}) {
		w.WriteString("TIMEOUT: not reborn\n")
	}
	return nil
}

// keepAwake calls the oracle often, because its loop otherwise turns once a second.
func (in *instance) keepAwake(exited <-chan struct{}) {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return in.dial(false) },
	}}
	const call = "<methodCall><methodName>supervisor.getState</methodName></methodCall>"
	for {
		select {
		case <-exited:
			return
		case <-time.After(100 * time.Millisecond):
			if resp, err := client.Post("http://localhost/RPC2", "text/xml", strings.NewReader(call)); err == nil {
				resp.Body.Close()
			}
		}
	}
}
