package httpd

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"reeve/rpc/caller"
)

// hints are the headers that browsers add to a request, or that name the server it is
// meant for.
type hints struct {
	host, origin, referer, fetchSite, forwarded []byte

	browser bool // there is a header that browsers send
	// there is one that scripts do not copy along with a browser's User-Agent
	certain bool
}

// hints collects the hints of a head. Of several headers of one name the first counts.
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

// first reports whether a header has that name, and sets *to to the value of the first
// such.
func first(to *[]byte, f *field, name string) bool {
	if !equalFold(f.name, name) {
		return false
	}
	if *to == nil {
		*to = f.value[:len(f.value):len(f.value)]
	}
	return true
}

// isFetch reports whether a header is of the family Sec-Fetch-*, which no page can set.
func isFetch(name []byte) bool {
	const family = "Sec-Fetch-"
	return len(name) > len(family) && equalFold(name[:len(family)], family)
}

// site returns where a request comes from. Sec-Fetch-Site decides if the browser sends it
// (over https and to this machine), else Origin; a GET has no Origin, and may have a
// Referer.
func (e *endpoint) site(b *hints, method string, trusted bool) caller.Site {
	get := method == http.MethodGet || method == http.MethodHead
	switch {
	case !b.browser:
		return caller.Script
	case b.fetchSite != nil:
		if s := string(b.fetchSite); s == "same-origin" || s == "none" {
			return caller.Own
		}
		return caller.Foreign
	case b.origin != nil:
		if e.own(b, string(b.origin), trusted) {
			return caller.Own
		}
		return caller.Foreign
	case b.referer != nil:
		if e.own(b, string(b.referer), trusted) {
			return caller.Own
		}
		if !get {
			return caller.Foreign
		}
		return caller.Unsure // a proxy may have changed Host
	case get && b.certain:
		return caller.Unsure
	}
	// a script with a browser's User-Agent: browsers send Origin with POST,
	// Accept-Language with GET
	return caller.Own
}

// own reports whether a URL names this server: by the request's Host, by X-Forwarded-Host
// if trusted, or as an allowed host.
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

// knows reports whether a browser's request for this host is meant for this server. This
// matters on a server without a password: a page can make its own name resolve to this
// machine (DNS rebinding), and is then of the same site as we are. Such a page needs a
// registered name, so addresses and names without a dot are safe; a Host that no browser
// sends was set by a proxy.
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

// matches reports whether a name matches a pattern: NAME, *.DOMAIN, or * for all.
func matches(pattern, name string) bool {
	if suffix, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(name, suffix)
	}
	return pattern == name
}

// splitHost splits HOST or HOST:PORT, ignoring a path after it. The name returned is in
// lower case, without brackets and final dot.
func splitHost(host string) (name, port string) {
	host, _, _ = strings.Cut(host, "/")
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = host, ""
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	return strings.ToLower(strings.TrimSuffix(name, ".")), port
}

// trusts reports whether a peer is a proxy whose X-Forwarded-Host counts.
func (e *endpoint) trusts(peer netip.Addr) bool {
	return e.TrustAll || slices.ContainsFunc(e.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(peer) })
}
