package webui_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"reeve/rpc"
	"reeve/rpc/budget"
	"reeve/rpc/caller"
	"reeve/rpc/webui"
	"reeve/supervisor"
	"reeve/supervisor/process"
	"reeve/supervisor/procstat"
)

// fake is a supervisor without real processes: one that is started runs at once, one that
// is stopped stops at once.
type fake struct {
	rpc.Supervisor // methods that the pages do not use

	mu       sync.Mutex
	state    supervisor.State
	infos    []*supervisor.Info
	fails    map[string]error // the result of starting that process
	asked    int              // how often the table was requested
	watchers map[chan struct{}]bool
	pids     int
	samples  atomic.Int64

	sampleEach time.Duration
}

// began is when everything in the tests began.
var began = time.Date(2026, 11, 23, 12, 0, 0, 0, time.FixedZone("CET", 3600))

func newFake(infos ...*supervisor.Info) *fake {
	f := &fake{state: supervisor.Running, fails: map[string]error{}, watchers: map[chan struct{}]bool{}, pids: 1000, sampleEach: 50 * time.Millisecond}
	f.put(infos...)
	return f
}

// proc makes the Info of a process in a state.
func proc(name string, state process.State, change ...func(*supervisor.Info)) *supervisor.Info {
	group, process, found := strings.Cut(name, ":")
	if !found {
		process = group
	}
	i := &supervisor.Info{Name: supervisor.Name{Group: group, Process: process}, State: state}
	for _, c := range change {
		c(i)
	}
	return i
}

func running(name string, pid int) *supervisor.Info {
	return proc(name, process.Running, func(i *supervisor.Info) { i.Pid, i.Start = pid, began })
}

// put adds processes, replacing those of the same names.
func (f *fake) put(infos ...*supervisor.Info) {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := slices.Clone(f.infos)
	for _, i := range infos {
		if at := slices.IndexFunc(next, func(o *supervisor.Info) bool { return o.Name == i.Name }); at >= 0 {
			next[at] = i
		} else {
			next = append(next, i)
		}
	}
	slices.SortFunc(next, func(a, b *supervisor.Info) int {
		return strings.Compare(a.Group+"\x00"+a.Process, b.Group+"\x00"+b.Process)
	})
	f.infos = next
	f.notify()
}

// remove removes processes.
func (f *fake) remove(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.infos = slices.DeleteFunc(slices.Clone(f.infos), func(i *supervisor.Info) bool { return i.Process == name })
	f.notify()
}

func (f *fake) setState(s supervisor.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = s
	f.notify()
}

func (f *fake) notify() {
	for w := range f.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

func (f *fake) State() supervisor.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

func (f *fake) Identifier() string { return "night & day" }

func (f *fake) AllInfo(context.Context) ([]*supervisor.Info, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	return f.infos, nil
}

func (f *fake) Info(_ context.Context, n supervisor.Name) (*supervisor.Info, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range f.infos {
		if i.Name == n {
			return i, nil
		}
	}
	return nil, supervisor.ErrNoSuchProcess
}

func (f *fake) Watch() (<-chan struct{}, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := make(chan struct{}, 1)
	f.watchers[w] = true
	return w, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.watchers, w)
	}
}

func (f *fake) stateOf(name string) process.State {
	i, _ := f.Info(context.Background(), supervisor.Name{Group: name, Process: name})
	return i.State
}

func (f *fake) viewers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.watchers)
}

func (f *fake) Start(ctx context.Context, n supervisor.Name, _ bool, _ ...supervisor.StartOption) error {
	i, err := f.Info(ctx, n)
	if err != nil {
		return err
	}
	if err := f.fails[n.String()]; err != nil {
		return err
	}
	if i.State.IsRunning() {
		return supervisor.ErrAlreadyStarted
	}
	f.mu.Lock()
	f.pids++
	i.State, i.Start, i.Pid, i.SpawnErr = process.Running, time.Now(), f.pids, ""
	f.mu.Unlock()
	f.put(i)
	return nil
}

func (f *fake) Stop(ctx context.Context, n supervisor.Name, _ bool) error {
	i, err := f.Info(ctx, n)
	if err != nil {
		return err
	}
	if !i.State.IsRunning() {
		return supervisor.ErrNotRunning
	}
	i.State, i.Stop, i.Pid = process.Stopped, time.Now(), 0
	f.put(i)
	return nil
}

func (f *fake) all(ctx context.Context, do func(context.Context, supervisor.Name, bool) error) (rs []supervisor.Result, err error) {
	infos, err := f.AllInfo(ctx)
	for _, i := range infos {
		rs = append(rs, supervisor.Result{Name: i.Name, Err: do(ctx, i.Name, true)})
	}
	return rs, err
}

func (f *fake) StartAll(ctx context.Context, _ bool, _ ...supervisor.StartOption) ([]supervisor.Result, error) {
	return f.all(ctx, func(ctx context.Context, n supervisor.Name, wait bool) error { return f.Start(ctx, n, wait) })
}

func (f *fake) StopAll(ctx context.Context, _ bool) ([]supervisor.Result, error) {
	return f.all(ctx, f.Stop)
}

func (f *fake) SyncLog(context.Context, supervisor.Name) {}

func (f *fake) ClearLogs(ctx context.Context, n supervisor.Name) error {
	i, err := f.Info(ctx, n)
	if err != nil {
		return err
	}
	if i.StdoutLogfile == "" {
		return nil
	}
	if err := os.Truncate(i.StdoutLogfile, 0); err != nil {
		return &supervisor.FailedError{Text: err.Error()}
	}
	return nil
}

// sample reports a small usage for every process tree, each time a different one.
func (f *fake) sample(_ context.Context, pids []int) (map[int]procstat.Usage, error) {
	n := f.samples.Add(1)
	usages := map[int]procstat.Usage{}
	for _, pid := range pids {
		usages[pid] = procstat.Usage{CPU: float64((int64(pid)*7+n*13)%100) / 100, Memory: uint64(pid) << 16, Processes: 1}
	}
	return usages, nil
}

// options returns the options that the tests use.
func options(f *fake) webui.Options {
	return webui.Options{
		RPC:        rpc.New(rpc.Options{Supervisor: f, Main: true}),
		Supervisor: f,
		Version:    "4.3.0+test",
		Sample:     f.sample,
		SampleEach: f.sampleEach,
	}
}

// behind stands in for a transport.
type behind struct {
	http.Handler
	site func(r *http.Request) caller.Site // where a request comes from; nil: fetchSite
	full bool                              // there is no room for long requests
}

func (b behind) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b.site == nil {
		b.site = fetchSite
	}
	ctx := caller.With(r.Context(), &caller.Identity{Site: b.site(r), Server: caller.Server{Name: "local", Port: "9001"}})
	ctx = budget.With(ctx, &budget.Account{Lasts: func(budget.Long) bool { return !b.full }})
	b.Handler.ServeHTTP(w, r.WithContext(ctx))
}

// fetchSite takes the origin from Sec-Fetch-Site, which browsers send to this machine.
func fetchSite(r *http.Request) caller.Site {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "":
		return caller.Script
	case "same-origin", "none":
		return caller.Own
	}
	return caller.Foreign
}

// serve serves the pages over f until the test ends.
func serve(t *testing.T, f *fake) *httptest.Server {
	t.Helper()
	h := webui.New(options(f))
	server := httptest.NewServer(behind{Handler: h})
	t.Cleanup(server.Close)
	t.Cleanup(h.Close)
	return server
}

// logFile gives a process a stdout log that contains text.
func logFile(t *testing.T, i *supervisor.Info, text string) *supervisor.Info {
	t.Helper()
	i.StdoutLogfile = filepath.Join(t.TempDir(), "stdout.log")
	if err := os.WriteFile(i.StdoutLogfile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return i
}
