package httpd

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"

	"reeve/rpc"
	"reeve/rpc/handler"
	"reeve/rpc/transport"
	"reeve/rpc/webui"
	"reeve/supervisor"
)

// lineage is a daemon that is handed over again and again: what outlives a generation.
type lineage struct {
	t         *testing.T
	endpoints []Endpoint
	logs      handler.LogFiles
	log       logs
	output    string      // the stdout log of each process, for the pages
	marks     chan string // told what executions of test.mark find

	mu     sync.Mutex
	born   uint64
	jobs   map[uint64]chan struct{} // closed when the job is done
	done   map[string]int           // how often each start and stop was begun
	stdins map[string]int           // how often each text was sent
	gone   chan struct{}            // closed when the present loop is handed over

	server *Server
	calls  *rpc.Server
	pages  *webui.Handler
	tails  *handler.Logs
}

// loop is one generation's handle of the supervisor.
type loop struct {
	rpc.Supervisor
	*lineage
	gone chan struct{}
}

func (*loop) State() supervisor.State { return supervisor.Running }
func (*loop) Identifier() string      { return "ident" }

func (l *loop) Watch() (<-chan struct{}, func()) { return nil, func() {} }

// enter is how a request reaches the loop: as a whole or not at all.
func (l *loop) enter(f func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.gone:
		return supervisor.ErrHandedOver
	default:
		f()
		return nil
	}
}

func (l *loop) AllInfo(context.Context) (infos []*supervisor.Info, err error) {
	err = l.enter(func() {
		infos = append(infos, &supervisor.Info{Name: supervisor.Name{Group: "cat", Process: "cat"}})
	})
	return infos, err
}

func (l *loop) Info(_ context.Context, n supervisor.Name) (info *supervisor.Info, err error) {
	err = l.enter(func() { info = &supervisor.Info{Name: n, StdoutLogfile: l.output} })
	return info, err
}

func (l *loop) SyncLog(context.Context, supervisor.Name) {}

func (l *loop) SendStdin(_ context.Context, _ supervisor.Name, data []byte) error {
	return l.enter(func() { l.stdins[string(data)]++ })
}

// Stop waits until endJobs.
func (l *loop) Stop(ctx context.Context, n supervisor.Name, _ bool) error {
	return l.carryOut(ctx, "stop "+n.Process)
}

// Start waits until endJobs.
func (l *loop) Start(ctx context.Context, n supervisor.Name, _ bool, _ ...supervisor.StartOption) error {
	return l.carryOut(ctx, "start "+n.Process)
}

func (l *loop) carryOut(ctx context.Context, what string) error {
	job := supervisor.JobOf(ctx)
	var done chan struct{}
	err := l.enter(func() {
		id := job.ID()
		if id == 0 {
			l.born++
			id = l.born
			l.jobs[id] = make(chan struct{})
			l.done[what]++
			job.Accept(id)
		}
		done = l.jobs[id]
	})
	if err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-l.gone:
		return supervisor.ErrHandedOver
	case <-ctx.Done():
		return ctx.Err()
	}
}

// endJobs lets all jobs end, of which there must have been n.
func (d *lineage) endJobs(n int) {
	d.t.Helper()
	d.awaitJobs(n)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, done := range d.jobs {
		select {
		case <-done:
		default:
			close(done)
		}
	}
}

// awaitJobs waits until there have been n jobs.
func (d *lineage) awaitJobs(n int) {
	d.t.Helper()
	count := func() (n int, done string) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.jobs), fmt.Sprint(d.done)
	}
	until(d.t, func() bool { have, _ := count(); return have == n }, func() string {
		_, done := count()
		return "there were " + done
	})
}

// rows are methods for these tests.
func (d *lineage) rows(l *loop) []rpc.Method {
	one := []rpc.Param{{Type: "string", Name: "x"}}
	return []rpc.Method{
		{Name: "test.echo", Prompt: true, Params: one, Handle: func(_ *rpc.Server, _ context.Context, args rpc.Args) (any, error) { return args[0], nil }},
		{Name: "test.once", Params: one, Handle: func(_ *rpc.Server, ctx context.Context, args rpc.Args) (any, error) {
			return args[0], l.SendStdin(ctx, supervisor.Name{}, []byte(args[0].(string)))
		}},
		{Name: "test.mark", Handle: func(_ *rpc.Server, ctx context.Context, _ rpc.Args) (any, error) {
			var begun string
			if rpc.Marked(ctx, &begun) {
				d.marks <- "found " + begun
				return begun, nil
			}
			rpc.Mark(ctx, "begun")
			d.marks <- "left"
			<-l.gone
			return nil, supervisor.ErrHandedOver
		}},
	}
}

// found starts a lineage.
func found(t *testing.T, logs handler.LogFiles, endpoints ...Endpoint) *lineage {
	t.Helper()
	d := &lineage{
		t: t, endpoints: endpoints, logs: logs, marks: make(chan string, 10),
		jobs: map[uint64]chan struct{}{}, done: map[string]int{}, stdins: map[string]int{},
	}
	s, err := Open(endpoints, d.options())
	if err != nil {
		t.Fatal(err)
	}
	d.serve(s, rpc.Handed{}, "")
	return d
}

func (d *lineage) options() Options { return Options{Log: d.log.add} }

func (d *lineage) serve(s *Server, h rpc.Handed, token string) {
	d.gone = make(chan struct{})
	l := &loop{lineage: d, gone: d.gone}
	d.server = s
	d.calls = rpc.New(rpc.Options{Supervisor: l, Main: true, Methods: d.rows(l), Handed: h})
	d.pages = webui.New(webui.Options{RPC: d.calls, Supervisor: l, Token: token})
	d.tails = handler.NewLogs(d.logs)
	s.Serve(transport.Mounts{
		{Prefix: "/RPC2", Handler: &handler.Calls{RPC: d.calls, Log: d.log.add}, Prompt: true},
		{Prefix: "/logtail", Handler: http.HandlerFunc(d.tails.Process), Prompt: true},
		{Handler: d.pages, Guard: transport.Judged},
	})
}

// handed is all that a daemon's image hands over.
type handed struct {
	Servers Handed
	Calls   rpc.Handed
	Token   string
}

// handOver hands everything over to another generation.
func (d *lineage) handOver() {
	d.t.Helper()
	d.server.BeginHandOver()
	d.mu.Lock()
	close(d.gone)
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	text, err := json.Marshal(handed{d.server.FinishHandOver(ctx), d.calls.HandOver(), d.pages.Token()})
	if err != nil {
		d.t.Fatal(err)
	}
	d.pages.Close()
	d.tails.Close()
	var h handed
	if err := json.Unmarshal(text, &h); err != nil {
		d.t.Fatal(err)
	}
	s, err := Take(d.endpoints, d.options(), h.Servers)
	if err != nil {
		d.t.Fatal(err)
	}
	d.serve(s, h.Calls, h.Token)
}

// end closes the last generation.
func (d *lineage) end() {
	d.pages.Close()
	d.tails.Close()
	_ = d.server.Close()
}

// sent returns how often each text was sent.
func (d *lineage) sent() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.stdins)
}
