package transport

import (
	"net/http"
	"strings"
)

// Mount is a handler at all paths with a prefix.
type Mount struct {
	Prefix  string
	Handler http.Handler
	Guard   Guard
	// Prompt says that the handler answers at once or calls budget.Lasts first. Only then
	// may answers to earlier requests on a connection be held until there is its answer.
	Prompt bool
}

// Guard is what a page of another site may do at a mount, through its viewer's browser.
type Guard int

// The guards.
const (
	Closed Guard = iota // nothing: such requests are refused
	Judged              // what the handler permits, which looks at caller.Identity.Site
	// Open is for what reveals nothing about this server: it may be read by everybody,
	// whatever Host they name.
	Open
)

// Mounts are tried in order: the first whose prefix fits counts. As upstream's, prefixes
// are not whole words: /RPC2foo is /RPC2 (fact 217: which handler takes a path).
type Mounts []Mount

// nowhere takes the paths that nothing is mounted at.
var nowhere = Mount{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	ErrorPage(w, http.StatusNotFound)
})}

// Find returns the mount for a decoded path. It is never nil.
func (m Mounts) Find(path string) *Mount {
	for i := range m {
		if strings.HasPrefix(path, m[i].Prefix) {
			return &m[i]
		}
	}
	return &nowhere
}
