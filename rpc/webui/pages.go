package webui

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"reeve/rpc/api"
	"reeve/rpc/budget"
	"reeve/rpc/caller"
	"reeve/rpc/transport"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor"
	"reeve/supervisor/process"
)

//go:embed pages
var pageFiles embed.FS

var templates = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// head is the data that all pages have.
type head struct {
	Title      string
	Identifier string
	Version    string
	Year       int
}

func (h *Handler) head(title string) head {
	return head{title, h.opt.Supervisor.Identifier(), h.opt.Version, h.opt.Now().Year()}
}

// indexPage is the data of pages/index.html.
type indexPage struct {
	head
	Message string
	Zone    string // the server's time zone, in which times are shown
	Now     int64  // Unix seconds
	Known   string // version of the table, for the stream
	Token   string // see guard.go
	Rows    []indexRow
}

type indexRow struct {
	row
	Status string // the state in lower case
	Class  string
	Info   string       // description with the uptime
	Link   template.URL // name, URL-encoded
	JSON   string       // the row for the script
	Shade  bool
	// Running and Startable decide which actions are offered (fact 300: actions of a
	// row).
	Running, Startable bool
}

// stateClass returns upstream's style class for a state (fact 299: index page).
func stateClass(s process.State) string {
	switch s {
	case process.Running:
		return "statusrunning"
	case process.Fatal, process.Backoff:
		return "statuserror"
	}
	return "statusnominal"
}

// index serves the status page and its actions (facts 299-303: index page, actions,
// messages).
func (h *Handler) index(w http.ResponseWriter, r *http.Request) {
	f, err := readForm(w, r)
	if err != nil {
		transport.ErrorPage(w, http.StatusRequestEntityTooLarge)
		return
	}
	if h.opt.Supervisor.State() != supervisor.Running {
		h.ending(w, r)
		return
	}
	if action := f.values["action"]; action != "" {
		h.formAction(w, r, f, action)
		return
	}
	infos, err := h.opt.Supervisor.AllInfo(r.Context())
	if err != nil {
		transport.ErrorPage(w, http.StatusInternalServerError)
		return
	}
	h.render(w, r, http.StatusOK, "index.html", h.indexPage(infos, f.values["message"]))
}

func (h *Handler) indexPage(infos []*supervisor.Info, message string) indexPage {
	now := h.opt.Now()
	t := tableOf(infos)
	p := indexPage{
		head:    h.head("Supervisor Status"),
		Message: message,
		Zone:    now.Format("MST (UTC-07:00)"),
		Now:     now.Unix(),
		Known:   t.version,
		Token:   h.token,
		Rows:    make([]indexRow, len(infos)),
	}
	for i := range infos {
		info := infos[i]
		p.Rows[i] = indexRow{
			row:       t.rows[i],
			Status:    strings.ToLower(info.State.String()),
			Class:     stateClass(info.State),
			Info:      info.Description(now),
			Link:      template.URL(quote(t.rows[i].ID)),
			JSON:      string(mustJSON(t.rows[i])),
			Shade:     i%2 == 1,
			Running:   info.State == process.Running,
			Startable: info.State == process.Stopped || info.State == process.Exited || info.State == process.Fatal,
		}
	}
	return p
}

// formAction carries out an action and redirects to the page with its message (fact 301:
// an action answers with a redirection).
func (h *Handler) formAction(w http.ResponseWriter, r *http.Request, f form, action string) {
	name := f.values["processname"]
	if action != "refresh" && !h.mayAct(r, &f) {
		h.confirm(w, r, action, name, f.selected)
		return
	}
	if action != "refresh" && !lasts(r) {
		transport.ErrorPage(w, http.StatusServiceUnavailable)
		return
	}
	var message string
	var err error
	if name == "" && len(f.selected) > 0 {
		var outcomes []outcome
		outcomes, err = h.each(r.Context(), action, f.selected)
		message = summary(action, outcomes)
	} else {
		message, _, err = h.act(r.Context(), action, name)
	}
	if err != nil || h.opt.Supervisor.State() != supervisor.Running {
		transport.ErrorPage(w, http.StatusInternalServerError)
		return
	}
	noCache(w.Header())
	w.Header().Set("Location", h.address(r)+"/?message="+quote(message))
	if origin(r) != caller.Script {
		// relative: right under any name that a proxy gives us
		w.Header().Set("Location", "./?message="+quote(message))
	}
	transport.ErrorPage(w, http.StatusMovedPermanently)
}

// address returns http://HOST as upstream composes it: from the Host header, else from
// the server's own name.
func (h *Handler) address(r *http.Request) string {
	name, port := strings.TrimRight(r.Host, "/"), ""
	if name == "" {
		server := caller.Of(r.Context()).Server
		name, port = server.Name, server.Port
	} else if i := strings.LastIndexByte(name, ':'); i >= 0 && strings.Trim(name[i+1:], "0123456789") == "" {
		name, port = name[:i], name[i+1:]
	}
	if port != "" && port != "80" {
		name += ":" + port
	}
	return "http://" + name
}

// ending serves the page while the daemon shuts down or restarts: status 500 as upstream
// (fact 303: actions while stopping), but with an explanation.
func (h *Handler) ending(w http.ResponseWriter, r *http.Request) {
	p := struct {
		head
		Restarting bool
	}{h.head("Supervisor Status"), h.opt.Supervisor.State() == supervisor.Restarting}
	w.Header().Set("Refresh", "3; url=./")
	h.render(w, r, http.StatusInternalServerError, "ending.html", p)
}

// tailPage is the data of pages/tail.html.
type tailPage struct {
	head
	Name  string
	Link  template.URL // URL-encoded
	Limit int
	Text  string
	Query string
	Found bool // Text holds the lines that contain Query
}

const (
	// minTail is the least that the tail page shows, and its default, in bytes (fact 305:
	// tail page).
	minTail = 1024
	// maxTail is the most, because a page is built in memory. Upstream has no limit.
	maxTail = 16 << 20
)

// tail serves the end of a process's stdout log (fact 305), or its lines that contain a
// text.
func (h *Handler) tail(w http.ResponseWriter, r *http.Request) {
	f, err := readForm(w, r)
	if err != nil {
		transport.ErrorPage(w, http.StatusRequestEntityTooLarge)
		return
	}
	p := tailPage{Name: f.values["processname"], Limit: limit(f.values["limit"]), Query: f.values["q"]}
	p.Link = template.URL(quote(p.Name))
	switch {
	case p.Name == "":
		p.head = h.head("Supervisor tail of process None")
		p.Text = "No process name found"
	case p.Query != "":
		p.head = h.head("Supervisor tail of process " + p.Name)
		var found found
		if found, err = h.find(r.Context(), p.Name, "stdout", p.Query); err == nil {
			p.Text, p.Found = found.text(), true
		} else {
			p.Text = tailError(p.Name, err)
		}
	default:
		p.head = h.head("Supervisor tail of process " + p.Name)
		text, err := h.readTail(r.Context(), p.Name, p.Limit)
		if p.Text = text; err != nil {
			p.Text = tailError(p.Name, err)
		}
		// for the page, built and compressed
		if budget.Of(r.Context()).Add(r.Context(), 3*int64(len(text))) != nil {
			transport.ErrorPage(w, http.StatusServiceUnavailable)
			return
		}
	}
	h.render(w, r, http.StatusOK, "tail.html", p)
}

func (h *Handler) readTail(ctx context.Context, name string, limit int) (string, error) {
	value, err := h.opt.RPC.Do(ctx, "supervisor.readProcessStdoutLog", name, int64(-limit), int64(0))
	text, _ := value.(string)
	return printable(text), err
}

func tailError(name string, err error) string {
	if f, ok := errors.AsType[*xmlrpc.Fault](err); ok && f.Code == api.NoFile {
		return "No file for " + name
	}
	return "ERROR: " + unexpected(err)
}

func limit(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || text[0] == '+' || text[0] == '-' {
		return minTail
	}
	return min(max(n, minTail), maxTail)
}

// noCache sets the headers of upstream's pages (fact 298). They also keep browsers from
// caching a redirect, and with it an action, for good.
func noCache(h http.Header) {
	h.Set("Pragma", "no-cache")
	h.Set("Cache-Control", "no-cache")
	h.Set("Expires", "Thu, 01 Jan 1970 00:00:00 GMT")
}

// gzipFrom is the size in bytes from which a page is compressed.
const gzipFrom = 8 << 10

// render sends a page, compressed if the client accepts it and it is worth it.
func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, name, data); err != nil {
		transport.ErrorPage(w, http.StatusInternalServerError)
		return
	}
	noCache(w.Header())
	w.Header().Set("Content-Type", "text/html;charset=utf-8")
	body := page.Bytes()
	if budget.Of(r.Context()).Add(r.Context(), int64(len(body))) != nil {
		transport.ErrorPage(w, http.StatusServiceUnavailable)
		return
	}
	if len(body) >= gzipFrom && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		var packed bytes.Buffer
		z, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed) // fails for a bad level only
		_, _ = z.Write(body)                                 // a buffer takes everything
		_ = z.Close()
		body = packed.Bytes()
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Vary", "Accept-Encoding")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
