package webui

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"

	"reeve/rpc/caller"
)

// secure sets the headers that pages and files have besides those of every reply. The
// policy allows only what this server sends: no inline script or style, no frames around
// the page.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
}

// newToken makes the token that proves that a request comes from a page of ours, whatever
// a proxy has done to its headers: other sites cannot read our pages.
func newToken() string { return rand.Text() }

// proved reports whether a form carries the token.
func (h *Handler) proved(f *form) bool {
	return subtle.ConstantTimeCompare([]byte(f.values["token"]), []byte(h.token)) == 1
}

// survive keeps a panic in a goroutine from ending the daemon. It has to be deferred
// directly.
func (h *Handler) survive(doing string) {
	if r := recover(); r != nil {
		h.opt.Crashed(doing, r)
	}
}

// mayAct reports whether a request may change something: it is not from a browser, from
// our own page, or carries the token.
func (h *Handler) mayAct(r *http.Request, f *form) bool {
	from := origin(r)
	return from == caller.Script || from == caller.Own || h.proved(f)
}

// confirmPage is the data of the page that asks a person to confirm an action requested
// by a link from elsewhere.
type confirmPage struct {
	head
	Action, Name string
	Selected     []string
	Token        string
}

func (h *Handler) confirm(w http.ResponseWriter, r *http.Request, action, name string, selected []string) {
	p := confirmPage{h.head("Supervisor: please confirm"), action, name, selected, h.token}
	h.render(w, r, http.StatusForbidden, "confirm.html", p)
}
