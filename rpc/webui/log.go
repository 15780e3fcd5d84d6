package webui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"reeve/rpc/carry"
	"reeve/supervisor/logfile"
)

const (
	// followFrom is how many bytes of a log's end a page gets first.
	followFrom = 64 << 10
	// lookEach is how often a followed log is checked for new data.
	lookEach = 250 * time.Millisecond
)

// followLog streams a log: event "begin", then "text" events as text is written. It waits
// for a log that does not exist yet.
func (h *Handler) followLog(w http.ResponseWriter, r *http.Request) {
	c := carry.Of(r.Context())
	var before followed
	again := c.Load(followedKey, &before)
	query := r.URL.Query()
	path, err := h.opt.RPC.ProcessLog(r.Context(), query.Get("processname"), channelOf(query.Get("channel")))
	s := logStream{stream: newStream(w), path: path}
	if err != nil {
		_ = s.event("none", "", mustJSON(tailError(query.Get("processname"), err)))
		return
	}
	defer s.close()
	if again {
		s.goOn(before)
	} else if s.event("hello", "", []byte("{}")) != nil {
		return
	}
	look, alive := time.NewTicker(lookEach), time.NewTicker(aliveEach)
	defer look.Stop()
	defer alive.Stop()
	for s.added(c) == nil {
		select {
		case <-look.C:
		case <-alive.C:
			if s.alive() != nil {
				return
			}
		case <-c.Over():
			c.Leave(followedKey, s.followed())
			c.HandOver()
			return
		case <-r.Context().Done():
			return
		case <-h.done:
			return
		}
	}
}

// logStream is the stream of one log.
type logStream struct {
	*stream
	path string
	f    *logfile.Follower // nil: the log does not exist yet
	rest []byte            // start of a character whose end is still to come
}

func (s *logStream) close() {
	if s.f != nil {
		s.f.Close()
	}
}

// added sends what was added to the log.
func (s *logStream) added(c *carry.Carry) (err error) {
	if s.f == nil {
		if s.f, err = logfile.Follow(s.path, followFrom); err != nil {
			s.f = nil
			return nil
		}
		err = s.event("begin", "", []byte("{}"))
	}
	for err == nil && !c.IsOver() {
		var data []byte
		if data, err = s.f.Next(); err != nil || data == nil {
			break
		}
		var whole []byte
		whole, s.rest = cutRune(append(s.rest, data...))
		err = s.event("text", "", mustJSON(string(whole)))
	}
	return err
}

// followed is what a stream that is handed over leaves.
type followed struct {
	At   *logfile.Position `json:",omitempty"` // nil: the log did not exist yet
	Rest []byte            `json:",omitempty"`
}

const followedKey = "followed"

func (s *logStream) followed() followed {
	up := followed{Rest: s.rest}
	if s.f != nil {
		at := s.f.Position()
		up.At = &at
	}
	return up
}

// goOn goes on where another stream was; if that log can't be read the stream begins
// again.
func (s *logStream) goOn(before followed) {
	if before.At == nil {
		return
	}
	if f, err := logfile.Resume(*before.At); err == nil {
		s.f, s.rest = f, before.Rest
	}
}

func channelOf(name string) string {
	if name == "" {
		return "stdout"
	}
	return name
}

// cutRune splits off an incomplete character at the end.
func cutRune(b []byte) (whole, rest []byte) {
	for i := 1; i <= min(len(b), utf8.UTFMax-1); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i], bytes.Clone(b[len(b)-i:])
			}
			break
		}
	}
	return b, nil
}

// printable makes the text of a log fit for a page: invalid UTF-8 and NUL are replaced.
func printable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

const (
	// maxSearches is how many searches may run at once: each holds up to searchBack
	// bytes.
	maxSearches = 2
	searchBack  = 32 << 20
	// maxFound is how many lines a search returns, the last ones; maxLine is how many
	// bytes of each.
	maxFound = 500
	maxLine  = 2000
)

// found is the result of a search.
type found struct {
	Lines []string `json:"lines"`
	Total int      `json:"total"` // lines that match; Lines has only the last maxFound
	Bytes int64    `json:"bytes"` // how much of the end of the log was searched
	Whole bool     `json:"whole"` // that was the whole log
}

func (f found) text() string {
	var b strings.Builder
	for _, line := range f.Lines {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// errBusy means that maxSearches are running.
var errBusy = errors.New("too many searches at once")

// find returns the lines of a log that contain text, regardless of case. It searches the
// last searchBack bytes.
func (h *Handler) find(ctx context.Context, name, channel, text string) (found, error) {
	path, err := h.opt.RPC.ProcessLog(ctx, name, channel)
	if err != nil {
		return found{}, err
	}
	select {
	case h.search <- struct{}{}:
		defer func() { <-h.search }()
	default:
		return found{}, errBusy
	}
	info, err := logfile.Look(ctx, path)
	if err != nil {
		return found{}, fmt.Errorf("cannot search the log of %s: %w", name, err)
	}
	data, err := logfile.Read(ctx, path, -searchBack, 0)
	if err != nil {
		return found{}, fmt.Errorf("cannot search the log of %s: %w", name, err)
	}
	f := found{Lines: []string{}, Bytes: int64(len(data)), Whole: info.Size() <= searchBack}
	text = strings.ToLower(text)
	for line := range bytes.Lines(data) {
		line = bytes.TrimRight(line, "\r\n")
		if !strings.Contains(strings.ToLower(string(line)), text) {
			continue
		}
		f.Total++
		f.Lines = append(f.Lines, printable(string(line[:min(len(line), maxLine)])))
		if len(f.Lines) > 2*maxFound {
			f.Lines = append(f.Lines[:0], f.Lines[len(f.Lines)-maxFound:]...)
		}
	}
	f.Lines = f.Lines[max(len(f.Lines)-maxFound, 0):]
	return f, nil
}

// searchLog answers the script with the lines that contain q.
func (h *Handler) searchLog(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	f, err := h.find(r.Context(), query.Get("processname"), channelOf(query.Get("channel")), query.Get("q"))
	switch {
	case errors.Is(err, errBusy):
		http.Error(w, "Others are searching; try again.", http.StatusServiceUnavailable)
	case err != nil:
		http.Error(w, tailError(query.Get("processname"), err), http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(f)
	}
}
