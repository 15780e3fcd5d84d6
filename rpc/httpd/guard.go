package httpd

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
)

// admit reports whether a browser's request may go on, and answers it with status 403 if
// not. It runs before any handler; what the pages decide for themselves is in
// Handlers.Web.
func (c *conn) admit(b *hints) bool {
	e := c.endpoint
	c.site = e.site(b, string(c.head.method), e.trusts(c.addr))
	why := ""
	switch host := string(b.host); {
	case b.certain && e.Username == "" && !e.knows(host) && !slices.ContainsFunc(harmless, func(p string) bool { return strings.HasPrefix(c.target.path, p) }):
		name, _ := splitHost(host)
		why = fmt.Sprintf("<p>This server does not know that it is called %s, so a page of another site may be behind this request.\r\n%s",
			html.EscapeString(printable(name)), e.remedy(name))
	case c.site == Foreign && c.route().closed:
		why = "<p>A page of another site sent this request. Nothing was done.\r\n"
		if b.fetchSite == nil && b.origin != nil {
			_, name, _ := strings.Cut(string(b.origin), "://")
			why += e.remedy(strings.ToLower(name))
		}
	default:
		return true
	}
	c.s.refusals.add(e.Section, c.addr, badSite)
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
