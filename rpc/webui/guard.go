package webui

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// secure sets the headers that every reply has. The policy allows what comes from here and nothing else: no inline script or
// style, no frames around the page.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// foreign tells whether a request may have been caused by another site's page. It is asked before anything is changed.
//
// Browsers say so themselves in Sec-Fetch-Site, but only to trustworthy addresses (https, localhost); in Origin, but not on a
// plain GET; and in Referer, unless the other page hides it. What says nothing at all and does not claim to be a browser is a
// script, and works as ever. GET from the same site, such as another port of this host, is let through; for POST it has to be
// the same origin.
func foreign(r *http.Request) bool {
	get := r.Method == http.MethodGet
	switch r.Header.Get("Sec-Fetch-Site") {
	case "":
	case "same-origin":
		return false
	case "none", "same-site":
		return !get // "none": typed, or a bookmark
	default:
		return true
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		return !ours(r, origin, false)
	}
	if referer := r.Header.Get("Referer"); referer != "" {
		return !ours(r, referer, get)
	}
	return get && strings.HasPrefix(r.UserAgent(), "Mozilla/")
}

// ours tells whether an URL has the host that the request was sent to, as the client or a proxy in front of us names it. No
// other site's page can set X-Forwarded-Host without being asked first (CORS), and we never agree.
func ours(r *http.Request, text string, anyPort bool) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return false
	}
	for _, host := range []string{r.Host, r.Header.Get("X-Forwarded-Host")} {
		if host == "" {
			continue
		}
		if strings.EqualFold(u.Host, host) || anyPort && strings.EqualFold(u.Hostname(), hostname(host)) {
			return true
		}
	}
	return false
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}
