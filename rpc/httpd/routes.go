package httpd

import (
	"net/http"
	"slices"
	"strings"
)

// handler answers a request whose body was read. length reports whether the request had a
// Content-Length.
type handler func(c *conn, length bool)

// routes are tried in order; only the start of the decoded URI counts (fact 217: which
// handler takes a path), so /RPC2foo is /RPC2.
var routes = []route{
	{"/RPC2", (*conn).serveRPC, true},
	{"/logtail", (*conn).serveProcessLog, true},
	{"/mainlogtail", (*conn).serveMainLog, true},
	{"", (*conn).serveWeb, false}, // the handler calls SiteOf
}

type route struct {
	prefix string
	handle handler
	closed bool // refused to pages of other sites
}

func (c *conn) route() *route {
	for i := range routes {
		if strings.HasPrefix(c.uri, routes[i].prefix) {
			return &routes[i]
		}
	}
	return &routes[len(routes)-1]
}

// harmless are the prefixes of paths that any client may get, whatever Host it sends:
// they reveal nothing about this server.
var harmless = []string{"/ok.html", "/stylesheets/", "/images/", "/scripts/"}

// pages are the web pages, for GET and POST; every other path is a static file (fact 295:
// pages and methods).
var pages = []string{"/", "/index.html", "/tail.html", "/ok.html"}

// withoutWeb stands in for Handlers.Web when there is no web interface: it answers the
// health check, and everything else with an error.
func withoutWeb(w http.ResponseWriter, r *http.Request) {
	page := r.Method == http.MethodGet || r.Method == http.MethodPost
	switch {
	case page && r.URL.Path == "/ok.html":
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("OK"))
	case r.Method == http.MethodGet || r.Method == http.MethodHead || page && isPage(r.URL.Path):
		ErrorPage(w, http.StatusNotFound)
	default:
		ErrorPage(w, http.StatusBadRequest) // fact 219: static files
	}
}

func isPage(path string) bool {
	return slices.Contains(pages, path)
}
