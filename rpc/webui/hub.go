package webui

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"reeve/supervisor"
	"reeve/supervisor/procstat"
	"reeve/supervisor/rescue"
)

const (
	// settleFor is how long the hub waits after a change for more of them: changes come
	// in bursts.
	settleFor = 50 * time.Millisecond
	// backlog is how many messages a viewer may be behind. One that is further behind is
	// cut off; it comes back by itself and gets the whole table again.
	backlog = 32
)

// hub watches the supervisor for all viewers and sends each one the changes. Its
// goroutine exists while there are viewers.
//
// Messages are made once and shared by all viewers: they must not be changed.
type hub struct {
	opt     Options
	joining chan *viewer
	leaving chan *viewer

	sampling sync.Mutex // held while a sample is taken

	mu sync.Mutex
	// viewers that are added or about to be, and not removed; while not 0 the goroutine
	// exists
	count int
}

// viewer is one open page. messages is closed when the hub cuts it off.
type viewer struct {
	messages chan message
	known    string // version of the table that the page has; empty: none
}

// message is one server-sent event.
type message struct {
	event string
	id    string // version of the table after this message; empty: unchanged
	data  []byte // JSON, one line
}

func newHub(opt Options) *hub {
	return &hub{opt: opt, joining: make(chan *viewer), leaving: make(chan *viewer)}
}

// join adds a viewer whose page has the table of version known. The caller must call
// leave in the end.
func (h *hub) join(known string) *viewer {
	v := &viewer{messages: make(chan message, backlog), known: known}
	h.mu.Lock()
	h.count++
	first := h.count == 1
	h.mu.Unlock()
	if first {
		go rescue.Vital("what pages see", h.run)
	}
	h.joining <- v
	return v
}

func (h *hub) leave(v *viewer) { h.leaving <- v }

// left counts one viewer less and reports whether it was the last.
func (h *hub) left() (last bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count--
	return h.count == 0
}

// run is the hub's goroutine. Two exist at most for the moment in which one ends and the
// next starts; they share only the channels.
func (h *hub) run() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	changed, unwatch := h.opt.Supervisor.Watch()
	defer unwatch()
	s := &show{hub: h, viewers: map[*viewer]bool{}, mood: h.opt.Supervisor.State(), sampled: make(chan map[int]procstat.Usage, 1)}
	h.survive(func() {
		s.refresh(ctx)
		s.sample(ctx)
	})
	sampling := time.NewTicker(h.opt.SampleEach)
	defer sampling.Stop()
	settle := time.NewTimer(0)
	<-settle.C
	defer settle.Stop()
	for {
		select {
		case v := <-h.joining:
			h.survive(func() { s.welcome(v) })
		case v := <-h.leaving:
			delete(s.viewers, v)
			if h.left() {
				return
			}
		case <-changed:
			settle.Reset(settleFor)
		case <-settle.C:
			h.survive(func() { s.refresh(ctx) })
		case <-sampling.C:
			h.survive(func() {
				s.refreshMood()
				s.sample(ctx)
			})
		case usages := <-s.sampled:
			h.survive(func() { s.show(usages) })
		}
	}
}

// survive keeps a panic in f from ending the daemon or the hub's goroutine.
func (h *hub) survive(f func()) {
	defer func() {
		if r := recover(); r != nil {
			h.opt.Crashed("Showing the page", r)
		}
	}()
	f()
}

// show is the state that the viewers see. It belongs to the hub's goroutine.
type show struct {
	hub     *hub
	viewers map[*viewer]bool
	table   table
	pids    map[int]string // pid to row id
	mood    supervisor.State
	usage   map[string]usage // by row id
	busy    bool             // a sample is being taken
	samples int              // how many were taken
	sampled chan map[int]procstat.Usage
}

// usage is what a process tree uses, as sent to pages: CPU in thousandths of a core, -1
// if not known yet, and memory in KiB.
type usage [2]int64

// welcome adds a viewer and brings it up to date.
func (s *show) welcome(v *viewer) {
	s.viewers[v] = true
	if v.known != s.table.version {
		s.send(v, s.whole())
	}
	s.send(v, s.moodMessage())
	if len(s.usage) > 0 {
		s.send(v, encode("usage", "", s.usage))
	}
}

// whole returns the message with the whole table.
func (s *show) whole() message {
	return encode("table", s.table.version, struct {
		Rows []row `json:"rows"`
	}{s.table.rows})
}

func (s *show) moodMessage() message {
	return encode("mood", "", struct {
		State string `json:"state"`
		Now   int64  `json:"now"`
	}{s.mood.String(), s.hub.opt.Now().Unix()})
}

// refresh queries the supervisor and sends the changes. Once the supervisor has ended it
// sends nothing.
func (s *show) refresh(ctx context.Context) {
	s.refreshMood()
	infos, err := s.hub.opt.Supervisor.AllInfo(ctx)
	if err != nil {
		return
	}
	next := tableOf(infos)
	if next.version == s.table.version {
		return
	}
	set, del := diff(s.table.rows, next.rows)
	first := s.table.version == ""
	s.table = next
	s.pids = make(map[int]string, len(next.rows))
	for _, r := range next.rows {
		if r.Pid > 0 {
			s.pids[r.Pid] = r.ID
		}
	}
	if first {
		return // no viewer has a table yet
	}
	s.broadcast(encode("patch", next.version, struct {
		Set []row    `json:"set,omitempty"`
		Del []string `json:"del,omitempty"`
	}{set, del}))
}

func (s *show) refreshMood() {
	if mood := s.hub.opt.Supervisor.State(); mood != s.mood {
		s.mood = mood
		s.broadcast(s.moodMessage())
	}
}

// sample samples the process trees on a separate goroutine, one sample at a time.
func (s *show) sample(ctx context.Context) {
	if s.busy {
		return
	}
	s.busy = true
	pids := slices.Collect(maps.Keys(s.pids))
	go rescue.Run("a sample for pages", func() {
		// the sample for viewers that just left may still be running
		s.hub.sampling.Lock()
		defer s.hub.sampling.Unlock()
		// after a panic: no figures are better than a broken page
		var usages map[int]procstat.Usage
		s.hub.survive(func() {
			if taken, err := s.hub.opt.Sample(ctx, pids); err == nil {
				usages = taken
			}
		})
		s.sampled <- usages // the channel has room for one
	})
}

// show sends the usage of the process trees for which it changed; null means that one is
// gone.
func (s *show) show(usages map[int]procstat.Usage) {
	s.busy = false
	s.samples++
	now := make(map[string]usage, len(usages))
	for pid, u := range usages {
		if id, known := s.pids[pid]; known {
			cpu := int64(math.Round(u.CPU * 1000))
			if s.samples == 1 {
				cpu = -1 // it would be the mean since the last viewers left
			}
			now[id] = usage{cpu, int64(u.Memory >> 10)}
		}
	}
	changes := map[string]*usage{}
	for id, u := range now {
		if was, known := s.usage[id]; !known || was != u {
			changes[id] = &u
		}
	}
	for id := range s.usage {
		if _, still := now[id]; !still {
			changes[id] = nil
		}
	}
	s.usage = now
	s.broadcast(encode("usage", "", changes)) // even if empty: the curves go on
}

func (s *show) broadcast(m message) {
	for v := range s.viewers {
		s.send(v, m)
	}
}

// send sends a message without waiting. A viewer whose queue is full is cut off.
func (s *show) send(v *viewer, m message) {
	if !s.viewers[v] {
		return
	}
	select {
	case v.messages <- m:
	default:
		s.viewers[v] = false
		close(v.messages)
	}
}

func encode(event, id string, v any) message {
	return message{event, id, mustJSON(v)}
}

// mustJSON encodes values of types that always encode.
func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}
