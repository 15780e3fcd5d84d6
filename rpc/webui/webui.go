package webui

import (
	"context"
	"net/http"
	"strings"
	"time"

	"reeve/rpc/budget"
	"reeve/rpc/caller"
	"reeve/rpc/transport"
	"reeve/supervisor"
	"reeve/supervisor/procstat"
)

// RPC is what the pages act through; *rpc.Server implements it. It must have the
// namespace supervisor.* whatever is configured, because the pages work without
// rpcinterface sections (fact 92).
type RPC interface {
	Do(ctx context.Context, method string, args ...any) (any, error)
	ProcessLog(ctx context.Context, name, channel string) (path string, err error)
}

// Supervisor is what the pages show; *supervisor.Supervisor implements it.
type Supervisor interface {
	State() supervisor.State
	Identifier() string
	AllInfo(ctx context.Context) ([]*supervisor.Info, error)
	Watch() (changed <-chan struct{}, cancel func())
}

// Options are what a Handler needs.
type Options struct {
	RPC        RPC
	Supervisor Supervisor
	Version    string
	// Crashed receives the value of a panic in a goroutine of the pages. nil: it is
	// ignored.
	Crashed func(doing string, value any)

	// Token is that of the Handler before this one, whose pages are still in use; empty:
	// there was none.
	Token string

	// The rest has defaults; it is set only by tests.

	// Now returns the current time.
	Now func() time.Time
	// Sample returns what the process trees below pids use; it is called by one goroutine
	// at a time.
	Sample func(ctx context.Context, pids []int) (map[int]procstat.Usage, error)
	// SampleEach is how often CPU and memory are sampled while there is a viewer.
	SampleEach time.Duration
}

// Handler serves the pages. It is safe for concurrent use.
type Handler struct {
	opt    Options
	assets assets
	hub    *hub
	token  string        // see guard.go
	done   chan struct{} // closed by Close
	search chan struct{} // holds one token per running search
}

// New makes a Handler. The caller calls Close to end its streams.
func New(opt Options) *Handler {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Sample == nil {
		opt.Sample = new(procstat.Sampler).Sample
	}
	if opt.SampleEach == 0 {
		opt.SampleEach = 2 * time.Second
	}
	if opt.Crashed == nil {
		opt.Crashed = func(string, any) {}
	}
	if opt.Token == "" {
		opt.Token = newToken()
	}
	opt.Supervisor = handing{opt.Supervisor}
	h := &Handler{
		token:  opt.Token,
		opt:    opt,
		assets: loadAssets(),
		done:   make(chan struct{}),
		search: make(chan struct{}, maxSearches),
	}
	h.hub = newHub(opt)
	return h
}

// Token returns what proves that a request comes from one of our pages.
func (h *Handler) Token() string { return h.token }

// Close ends all streams; pages are served as before. It must be called only once.
func (h *Handler) Close() { close(h.done) }

// ServeHTTP answers every request that is neither XML-RPC nor a log tail.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, _, params := strings.Cut(strings.TrimLeft(r.URL.Path, "/"), ";")
	if r.Method == http.MethodGet || r.Method == http.MethodPost {
		if page := pages[path]; page != nil {
			h.servePage(page, w, r, params)
			return
		}
		secure(w.Header())
		if live, known := lives[r.Method+" "+path]; known {
			h.serveLive(live, w, r)
			return
		}
	}
	secure(w.Header())
	h.serveAsset(w, r, path)
}

// servePage refuses what upstream's pages refuse. params says that the path had
// parameters.
func (h *Handler) servePage(page page, w http.ResponseWriter, r *http.Request, params bool) {
	switch {
	case params:
		transport.ErrorPage(w, http.StatusNotFound) // upstream hangs (fact 306: path parameters)
	case r.Method == http.MethodPost && !transport.HasLength(r):
		transport.ErrorPage(w, http.StatusLengthRequired)
	case r.ProtoMajor == 0:
		// upstream fails without a version (fact 212)
		transport.ErrorPage(w, http.StatusInternalServerError)
	default:
		secure(w.Header())
		page(h, w, r)
	}
}

type page func(h *Handler, w http.ResponseWriter, r *http.Request)

// pages are upstream's pages, by path (fact 295: pages and methods).
var pages = map[string]page{
	"":           (*Handler).index,
	"index.html": (*Handler).index,
	"tail.html":  (*Handler).tail,
	"ok.html":    (*Handler).ok,
}

// live is an address that the script uses.
type live struct {
	serve   page
	lasts   bool
	changes bool // serve calls mayAct itself
}

var lives = map[string]live{
	"GET live/events":  {serve: (*Handler).events, lasts: true},
	"GET live/log":     {serve: (*Handler).followLog, lasts: true},
	"GET live/search":  {serve: (*Handler).searchLog},
	"POST live/action": {serve: (*Handler).liveAction, lasts: true, changes: true},
}

// origin returns where a request comes from.
func origin(r *http.Request) caller.Site { return caller.Of(r.Context()).Site }

// lasts reports whether there is room for one more request whose answer takes long.
func lasts(r *http.Request) bool { return budget.Lasts(r.Context(), budget.Stream) }

// serveLive refuses requests from pages of other sites, and too many long ones.
func (h *Handler) serveLive(l live, w http.ResponseWriter, r *http.Request) {
	switch {
	case !l.changes && origin(r) == caller.Foreign:
		http.Error(w, fromElsewhere, http.StatusForbidden)
	case l.lasts && !lasts(r):
		http.Error(w, "Too many pages and logs are open.", http.StatusServiceUnavailable)
	default:
		l.serve(h, w, r)
	}
}

const fromElsewhere = "This request came from another site."

// ok serves the health check (fact 297: /ok.html).
func (h *Handler) ok(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", "2")
	_, _ = w.Write([]byte("OK"))
}
