package webui

import (
	"context"
	"net/http"
	"strings"
	"time"

	"reeve/supervisor"
	"reeve/supervisor/procstat"
)

// RPC is what the pages act through. *rpc.Server has it; it must have the namespace supervisor.* whatever is configured,
// because the pages work without (checklist 92).
type RPC interface {
	Do(ctx context.Context, method string, args ...any) (any, error)
	ProcessLog(ctx context.Context, name, channel string) (path string, err error)
}

// Supervisor is what the pages show. *supervisor.Supervisor has it.
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
	// Error answers with a status and upstream's error page.
	Error func(w http.ResponseWriter, code int)
	// LocalName is the name and port for redirects of requests without a Host (checklist 301).
	LocalName func(r *http.Request) (name, port string)
	// Origin tells where a request comes from. nil: from no browser.
	Origin func(r *http.Request) Origin
	// Lasts reports whether there is room for one more request whose answer takes long. nil: there is.
	Lasts func(r *http.Request) bool
	// Crashed receives what a mistake in a goroutine of the pages panicked with. nil: nobody wants it.
	Crashed func(doing string, value any)

	// The rest has defaults, and is there for tests.

	// Now is the clock of the pages.
	Now func() time.Time
	// Sample tells what the process trees below pids use; it is called by one goroutine at a time.
	Sample func(ctx context.Context, pids []int) (map[int]procstat.Usage, error)
	// SampleEach is how often CPU and memory are looked at while somebody looks.
	SampleEach time.Duration
}

// Handler serves the pages. It may be used from any goroutine.
type Handler struct {
	opt    Options
	assets assets
	hub    *hub
	token  string        // see guard.go
	done   chan struct{} // closed by Close
	search chan struct{} // holds one token per search under way
}

// New makes a Handler. Close ends its streams.
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
	if opt.Origin == nil {
		opt.Origin = func(*http.Request) Origin { return NoBrowser }
	}
	if opt.Lasts == nil {
		opt.Lasts = func(*http.Request) bool { return true }
	}
	if opt.Crashed == nil {
		opt.Crashed = func(string, any) {}
	}
	h := &Handler{
		token:  newToken(),
		opt:    opt,
		assets: loadAssets(),
		done:   make(chan struct{}),
		search: make(chan struct{}, maxSearches),
	}
	h.hub = newHub(opt)
	return h
}

// Close ends all streams. Pages are served as before. It may be called once.
func (h *Handler) Close() { close(h.done) }

// ServeHTTP takes every request that is neither XML-RPC nor a log tail.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	path := strings.TrimLeft(r.URL.Path, "/")
	if r.Method == http.MethodGet || r.Method == http.MethodPost {
		if page := pages[path]; page != nil {
			page(h, w, r)
			return
		}
		if live, known := lives[r.Method+" "+path]; known {
			h.serveLive(live, w, r)
			return
		}
	}
	h.serveAsset(w, r, path)
}

type page func(h *Handler, w http.ResponseWriter, r *http.Request)

// pages are upstream's (checklist 295).
var pages = map[string]page{
	"":           (*Handler).index,
	"index.html": (*Handler).index,
	"tail.html":  (*Handler).tail,
	"ok.html":    (*Handler).ok,
}

// live is what the script talks to.
type live struct {
	serve   page
	lasts   bool
	changes bool // it asks mayAct itself
}

var lives = map[string]live{
	"GET live/events":  {serve: (*Handler).events, lasts: true},
	"GET live/log":     {serve: (*Handler).followLog, lasts: true},
	"GET live/search":  {serve: (*Handler).searchLog},
	"POST live/action": {serve: (*Handler).liveAction, lasts: true, changes: true},
}

// serveLive keeps the pages of other sites away, and too many of what lasts.
func (h *Handler) serveLive(l live, w http.ResponseWriter, r *http.Request) {
	switch {
	case !l.changes && h.opt.Origin(r) == OtherPage:
		http.Error(w, fromElsewhere, http.StatusForbidden)
	case l.lasts && !h.opt.Lasts(r):
		http.Error(w, "Too many pages and logs are open.", http.StatusServiceUnavailable)
	default:
		l.serve(h, w, r)
	}
}

const fromElsewhere = "This request came from another site."

// ok is the health check (checklist 297).
func (h *Handler) ok(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", "2")
	_, _ = w.Write([]byte("OK"))
}
