// Package webui is the web page: what runs, what died and why, and the log beside it.
//
// # Two layers
//
// The pages of upstream, with their addresses, parameters, redirects, messages and status codes (checklist 295-307), are
// rendered here and need no script: pages.go, action.go. Scripts and checks that people have keep working.
//
// With its script the page is live. It holds one stream of server-sent events (hub.go): first the table, unless the page
// has it already, then only what changed, and every two seconds what the process trees use. Logs are followed the same way
// (log.go). Nothing is polled, neither by the browser nor from the supervisor.
//
// # What it costs
//
// All viewers share one goroutine, the hub, which exists while there is a viewer. It asks the supervisor once per change,
// however many pages are open, and takes samples of CPU and memory off the loop. Without viewers nothing happens at all.
//
// # What it trusts
//
// Nothing that comes from a process or a client is markup: pages are html/template, the script sets text only, and the
// Content-Security-Policy allows no other source of anything. A request that changes something is refused if it may come
// from another site's page; without a browser's word for it the page's own token proves where it comes from (guard.go).
package webui
