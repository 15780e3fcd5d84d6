package httpd

import (
	"net/http"
	"slices"
	"strings"
)

// handler answers a request whose body was read. length tells whether the request had a Content-Length.
type handler func(c *conn, length bool)

// routes are tried in order, by nothing but the beginning of the decoded URI (checklist 217): /RPC2foo is /RPC2.
var routes = []route{
	{"/RPC2", (*conn).serveRPC, true},
	{"/logtail", (*conn).serveProcessLog, true},
	{"/mainlogtail", (*conn).serveMainLog, true},
	{"", (*conn).serveWeb, false}, // asks SiteOf
}

type route struct {
	prefix string
	handle handler
	closed bool // to the pages of other sites
}

func (c *conn) route() *route {
	for i := range routes {
		if strings.HasPrefix(c.uri, routes[i].prefix) {
			return &routes[i]
		}
	}
	return &routes[len(routes)-1]
}

// harmless are the beginnings of paths that anybody may ask for, by whatever name: they tell nothing about this server.
var harmless = []string{"/ok.html", "/stylesheets/", "/images/", "/scripts/"}

// pages are the web pages, for GET and POST; every other path is a static file (checklist 295).
var pages = []string{"/", "/index.html", "/tail.html", "/ok.html"}

// withoutWeb answers for the pages when there is no web interface: the health check, and the errors for everything else.
func withoutWeb(w http.ResponseWriter, r *http.Request) {
	page := r.Method == http.MethodGet || r.Method == http.MethodPost
	switch {
	case page && r.URL.Path == "/ok.html":
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("OK"))
	case r.Method == http.MethodGet || r.Method == http.MethodHead || page && isPage(r.URL.Path):
		ErrorPage(w, http.StatusNotFound)
	default:
		ErrorPage(w, http.StatusBadRequest) // checklist 219
	}
}

func isPage(path string) bool {
	return slices.Contains(pages, path)
}
