package handler

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"reeve/rpc/budget"
	"reeve/rpc/carry"
	"reeve/rpc/transport"
	"reeve/supervisor/logfile"
)

const (
	// firstTail is how many bytes of a log's end a stream starts with (fact 226).
	firstTail = 1024
	// pollEach is how often a streamed log is looked at.
	pollEach = 100 * time.Millisecond
)

// Logs streams log files: the end of a log and then whatever is added to it, until the
// client goes away or Close is called. It is safe for concurrent use.
type Logs struct {
	files LogFiles
	each  time.Duration
	done  chan struct{} // closed by Close
}

// NewLogs makes a Logs. The caller calls Close to end its streams.
func NewLogs(files LogFiles) *Logs {
	return &Logs{files: files, each: pollEach, done: make(chan struct{})}
}

// Close ends all streams, and those that begin later after the end of their logs. It must
// be called only once.
func (h *Logs) Close() { close(h.done) }

// Process answers /logtail/NAME[/CHANNEL] (fact 225: names and refusals of log tails).
// The path is decoded a second time, as upstream does; the first component may be
// anything that begins with logtail.
func (h *Logs) Process(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		transport.ErrorPage(w, http.StatusBadRequest)
		return
	}
	if h.resume(w, r) {
		return
	}
	path := r.URL.Path
	if i := strings.IndexAny(path, ";?#"); i >= 0 {
		path = path[:i]
	}
	path = strings.TrimLeft(transport.Unquote(path), "/")
	// if nothing follows there is no such process; upstream answers 500
	_, rest, _ := strings.Cut(path, "/")
	name, channel, given := strings.Cut(rest, "/")
	if !given {
		channel = "stdout"
	}
	if name == "" || channel != "stdout" && channel != "stderr" {
		transport.ErrorPage(w, http.StatusNotFound)
		return
	}
	file, err := h.files.ProcessLog(r.Context(), name, channel)
	if err != nil {
		transport.ErrorPage(w, http.StatusNotFound)
		return
	}
	h.stream(w, r, file, http.Header{"X-Accel-Buffering": {"no"}})
}

// Main answers /mainlogtail.
func (h *Logs) Main(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		transport.ErrorPage(w, http.StatusBadRequest)
		return
	}
	if h.resume(w, r) {
		return
	}
	file, err := h.files.MainLog()
	if err != nil {
		transport.ErrorPage(w, http.StatusNotFound)
		return
	}
	h.stream(w, r, file, nil)
}

// stream sends a log (fact 226: headers, first chunk, growth); more are further headers.
func (h *Logs) stream(w http.ResponseWriter, r *http.Request, file string, more http.Header) {
	if !budget.Lasts(r.Context(), budget.Stream) {
		transport.ErrorPage(w, http.StatusServiceUnavailable)
		return
	}
	f, err := logfile.Follow(file, firstTail)
	if err != nil {
		transport.ErrorPage(w, http.StatusNotFound)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/plain;charset=utf-8")
	header.Set("Last-Modified", f.ModTime().UTC().Format(http.TimeFormat))
	maps.Copy(header, more)
	h.follow(w, r, f)
}

// positionKey is where a stream leaves how far it has come.
const positionKey = "log"

// resume goes on with a stream that was handed over after its head was sent.
func (h *Logs) resume(w http.ResponseWriter, r *http.Request) bool {
	var at logfile.Position
	if !carry.Of(r.Context()).Load(positionKey, &at) {
		return false
	}
	f, err := logfile.Resume(at)
	if err != nil || !budget.Lasts(r.Context(), budget.Stream) {
		panic(http.ErrAbortHandler)
	}
	h.follow(w, r, f)
	return true
}

// follow sends a log from where f is.
func (h *Logs) follow(w http.ResponseWriter, r *http.Request, f *logfile.Follower) {
	defer f.Close()
	out := http.NewResponseController(w)
	timer := time.NewTicker(h.each)
	defer timer.Stop()
	c := carry.Of(r.Context())
	for sendAdded(w, out, f, c) {
		select {
		case <-timer.C:
		case <-c.Over():
			c.Leave(positionKey, f.Position())
			c.HandOver()
			return
		case <-r.Context().Done():
			panic(http.ErrAbortHandler) // nothing more can be said to the client
		case <-h.done:
			return
		}
	}
}

// sendAdded sends what was added to a log, each piece at once, also to a client that gets
// no chunks, where upstream collects 64 KiB first (fact 228: log tails by HTTP/1.0). It
// returns false if the client has gone. If the log can't be read any more it breaks the
// answer off, so that nobody takes that for the end of the daemon.
func sendAdded(w io.Writer, out *http.ResponseController, f *logfile.Follower, c *carry.Carry) bool {
	for {
		data, err := f.Next()
		if err != nil {
			_ = out.Flush()
			panic(http.ErrAbortHandler)
		}
		// the first time, Flush sends the head, even if there is no data
		if _, err := w.Write(data); err != nil || out.Flush() != nil {
			return false
		}
		if len(data) == 0 || c.IsOver() {
			return true
		}
	}
}
