package httpd

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"

	"reeve/rpc/caller"
	"reeve/rpc/transport"
)

// admit reports whether a browser's request may go on, and answers it with status 403 if
// not. It runs before any handler; what may be decided by the handler itself is up to
// Mount.Guard.
func (c *conn) admit(b *hints, site caller.Site) bool {
	e, guard := c.endpoint, c.mount.Guard
	why := ""
	switch host := string(b.host); {
	case b.certain && e.Username == "" && !e.knows(host) && guard != transport.Open:
		name, _ := splitHost(host)
		why = fmt.Sprintf("<p>This server does not know that it is called %s, so a page of another site may be behind this request.\r\n%s",
			html.EscapeString(transport.Printable(name)), e.remedy(name))
	case site == caller.Foreign && guard == transport.Closed:
		why = "<p>A page of another site sent this request. Nothing was done.\r\n"
		if b.fetchSite == nil && b.origin != nil {
			_, name, _ := strings.Cut(string(b.origin), "://")
			why += e.remedy(strings.ToLower(name))
		}
	default:
		return true
	}
	c.s.refusals.add(e.Section, c.who.IP, badSite)
	c.keep = false
	c.explain(http.StatusForbidden, why)
	c.linger = true
	return false
}

// remedy returns markup with the configuration line that makes a name one of this
// server's, or "" if the name is not a plausible one.
func (e *endpoint) remedy(name string) string {
	if name == "" || len(name) > 255 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") != "" {
		return ""
	}
	all := strings.Join(append(slices.Clone(e.AllowedHosts), name), ",")
	return fmt.Sprintf("<p>If %s is a name of this server, add this line to section [%s] of its configuration:\r\n<pre>allowed_hosts=%s</pre>\r\n",
		html.EscapeString(name), html.EscapeString(e.Section), html.EscapeString(all))
}
