// Package webui serves the web page: what runs, what died and why, and the log beside it.
//
// # Two layers
//
// Upstream's pages, with their addresses, parameters, redirects, messages and status
// codes (facts 295-307: pages, forms, actions, static files), are rendered here and need
// no script: pages.go, action.go. People's own scripts and checks keep working.
//
// With its script the page is live. It holds one stream of server-sent events (hub.go):
// first the table, unless the page has it already, then only changes, and every two
// seconds the CPU and memory of the process trees. Logs are followed the same way
// (log.go). Neither the browser nor the hub polls.
//
// # What it costs
//
// All viewers share one goroutine, the hub, which exists while there is a viewer. It
// queries the supervisor once per change, however many pages are open, and samples CPU
// and memory off the loop. Without viewers it does no work.
//
// # What it trusts
//
// Nothing that comes from a process or a client becomes markup: pages use html/template,
// the script sets text only, and the Content-Security-Policy allows no other source of
// anything. A request that changes something is refused if it may come from another
// site's page; where the browser does not say, the page's own token proves the origin
// (guard.go).
package webui
