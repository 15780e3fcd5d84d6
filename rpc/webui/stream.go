package webui

import (
	"net/http"
	"time"

	"reeve/rpc/carry"
)

// aliveEach is how often an idle stream sends a comment, so that a broken connection is
// noticed.
const aliveEach = 15 * time.Second

// stream writes server-sent events.
type stream struct {
	w     http.ResponseWriter
	flush *http.ResponseController
	buf   []byte
}

func newStream(w http.ResponseWriter) *stream {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // tells proxies to pass data on at once
	w.WriteHeader(http.StatusOK)
	return &stream{w: w, flush: http.NewResponseController(w)}
}

// event sends one event. data must be one line.
func (s *stream) event(name, id string, data []byte) error {
	s.buf = append(s.buf[:0], "event: "...)
	s.buf = append(s.buf, name...)
	if id != "" {
		s.buf = append(s.buf, "\nid: "...)
		s.buf = append(s.buf, id...)
	}
	s.buf = append(s.buf, "\ndata: "...)
	s.buf = append(s.buf, data...)
	s.buf = append(s.buf, "\n\n"...)
	return s.send()
}

// alive sends a comment.
func (s *stream) alive() error {
	s.buf = append(s.buf[:0], ":\n\n"...)
	return s.send()
}

func (s *stream) send() error {
	if _, err := s.w.Write(s.buf); err != nil {
		return err
	}
	return s.flush.Flush()
}

// knownKey is where a stream that is handed over leaves which table the page has.
const knownKey = "known"

// events streams changes. The page says which table it has, first in the query, later in
// Last-Event-ID.
func (h *Handler) events(w http.ResponseWriter, r *http.Request) {
	c := carry.Of(r.Context())
	known := r.Header.Get("Last-Event-ID")
	if known == "" {
		known = r.URL.Query().Get("known")
	}
	_ = c.Load(knownKey, &known)
	v := h.hub.join(known)
	defer h.hub.leave(v)
	s := newStream(w)
	hello := map[string]string{"token": h.token} // a restarted daemon has another one
	if s.event("hello", "", mustJSON(hello)) != nil {
		return
	}
	alive := time.NewTicker(aliveEach)
	defer alive.Stop()
	for {
		var err error
		select {
		case m, ok := <-v.messages:
			if !ok {
				return // cut off: too far behind
			}
			if m.id != "" {
				known = m.id
			}
			err = s.event(m.event, m.id, m.data)
		case <-alive.C:
			err = s.alive()
		case <-c.Over():
			c.Leave(knownKey, known)
			c.HandOver()
			return
		case <-r.Context().Done():
			return
		case <-h.done:
			return
		}
		if err != nil {
			return
		}
	}
}
