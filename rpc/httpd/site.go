package httpd

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
)

// Site says where a request comes from. Browsers carry out requests of any page that
// somebody looks at, with that person's network and credentials, so what they send has to
// come from a page of this server; other clients are not restricted.
type Site int

// The sites.
const (
	Script  Site = iota // not a browser
	Own                 // a browser, for a page of this server or its user (an address typed in, a bookmark)
	Unsure              // a browser that does not say; a person has to confirm what is asked for
	Foreign             // a browser, for a page of another site
)

// hints are the headers that browsers add to a request, or that say for which server it
// is meant.
type hints struct {
	host, origin, referer, fetchSite, forwarded []byte

	browser bool // some header that browsers send
	certain bool // one that scripts do not copy together with a browser's User-Agent
}

// hints collects them. Of several headers of one name the first counts.
func (h *head) hints() (b hints) {
	for i := range h.fields {
		f := &h.fields[i]
		switch len(f.name) {
		case len("Host"):
			first(&b.host, f, "Host")
		case len("Origin"):
			b.note(first(&b.origin, f, "Origin"))
		case len("Referer"):
			b.note(first(&b.referer, f, "Referer"))
		case len("User-Agent"):
			const mozilla = "Mozilla"
			if equalFold(f.name, "User-Agent") && len(f.value) >= len(mozilla) && string(f.value[:len(mozilla)]) == mozilla {
				b.browser = true
			}
		case len("Sec-Fetch-Site"):
			first(&b.fetchSite, f, "Sec-Fetch-Site")
			b.note(isFetch(f.name))
		case len("Accept-Language"):
			b.note(equalFold(f.name, "Accept-Language"))
		case len("X-Forwarded-Host"):
			first(&b.forwarded, f, "X-Forwarded-Host")
			b.note(isFetch(f.name))
		case len("Upgrade-Insecure-Requests"):
			b.note(equalFold(f.name, "Upgrade-Insecure-Requests") || isFetch(f.name))
		default:
			b.note(isFetch(f.name))
		}
	}
	return b
}

func (b *hints) note(found bool) {
	if found {
		b.browser, b.certain = true, true
	}
}

// first sets *to to a header's value if it has that name and is the first such.
func first(to *[]byte, f *field, name string) bool {
	if !equalFold(f.name, name) {
		return false
	}
	if *to == nil {
		*to = f.value[:len(f.value):len(f.value)]
	}
	return true
}

// isFetch reports whether a header is of the family Sec-Fetch-*. No page can set one.
func isFetch(name []byte) bool {
	const family = "Sec-Fetch-"
	return len(name) > len(family) && equalFold(name[:len(family)], family)
}

// site says where a request comes from. Sec-Fetch-Site decides where a browser sends it
// (to https and to this machine). Otherwise Origin does; a GET has none, and may carry a
// Referer.
func (e *endpoint) site(b *hints, method string, trusted bool) Site {
	get := method == http.MethodGet || method == http.MethodHead
	switch {
	case !b.browser:
		return Script
	case b.fetchSite != nil:
		if s := string(b.fetchSite); s == "same-origin" || s == "none" {
			return Own
		}
		return Foreign
	case b.origin != nil:
		if e.own(b, string(b.origin), trusted) {
			return Own
		}
		return Foreign
	case b.referer != nil:
		if e.own(b, string(b.referer), trusted) {
			return Own
		}
		if !get {
			return Foreign
		}
		return Unsure // a proxy may have changed Host
	case get && b.certain:
		return Unsure
	}
	return Own // a script with a browser's User-Agent: browsers send Origin with a POST, Accept-Language with a GET
}

// own reports whether a URL names this server as the request does.
func (e *endpoint) own(b *hints, text string, trusted bool) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return false
	}
	fallback := "80"
	if u.Scheme == "https" {
		fallback = "443"
	}
	name, port := splitHost(u.Host)
	if port == "" {
		port = fallback
	}
	same := func(host string) bool {
		n, p := splitHost(host)
		return n == name && (p == port || p == "" && port == fallback)
	}
	if len(b.host) > 0 && same(string(b.host)) {
		return true
	}
	if trusted {
		for host := range strings.SplitSeq(string(b.forwarded), ",") {
			if host = strings.TrimSpace(host); host != "" && same(host) {
				return true
			}
		}
	}
	return slices.ContainsFunc(e.AllowedHosts, func(pattern string) bool {
		p, at := splitHost(pattern)
		return matches(p, name) && (at == port || at == "" && port == fallback)
	})
}

// knows reports whether a browser's request for this host is meant for this server. It
// may not be on a server without a password: a page can give its own name the address of
// this machine (DNS rebinding), and is then of the same site as we are. Such a page needs
// a name that somebody registered; and what no browser sends was put there by a proxy.
func (e *endpoint) knows(host string) bool {
	if host == "" || strings.ContainsAny(host, "/ ") {
		return true
	}
	name, _ := splitHost(host)
	if _, err := netip.ParseAddr(name); err == nil || !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if own, err := os.Hostname(); err == nil && strings.EqualFold(name, own) || strings.EqualFold(name, e.Host) {
		return true
	}
	return slices.ContainsFunc(e.AllowedHosts, func(pattern string) bool {
		p, _ := splitHost(pattern)
		return matches(p, name)
	})
}

// matches reports whether a name is that of a pattern: NAME, *.DOMAIN, or * for all.
func matches(pattern, name string) bool {
	if suffix, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(name, suffix)
	}
	return pattern == name
}

// splitHost takes HOST, HOST:PORT or either with a path behind apart. The name is in
// lower case, without brackets and a final dot.
func splitHost(host string) (name, port string) {
	host, _, _ = strings.Cut(host, "/")
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = host, ""
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	return strings.ToLower(strings.TrimSuffix(name, ".")), port
}

// trusts reports whether a peer is one of the proxies whose X-Forwarded-Host counts.
func (e *endpoint) trusts(peer netip.Addr) bool {
	return e.TrustAll || slices.ContainsFunc(e.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(peer) })
}
