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
)

const (
	// settleFor is how long the hub waits after a change for more of them: changes come in bursts.
	settleFor = 50 * time.Millisecond
	// backlog is how many messages a viewer may be behind. One that is further behind is cut off; it comes back by itself and
	// gets the table anew.
	backlog = 32
)

// hub watches the supervisor for all viewers and tells each what has changed. Its goroutine exists while there are viewers.
//
// Messages are made once and shared by all viewers: they must not be changed.
type hub struct {
	opt     Options
	joining chan *viewer
	leaving chan *viewer

	sampling sync.Mutex // held while a sample is taken

	mu    sync.Mutex
	count int // viewers that joined or are about to, and have not left; the goroutine exists while it is not 0
}

// viewer is one open page. Its messages end when the hub has cut it off.
type viewer struct {
	messages chan message
	known    string // version of the table that the page has; empty: none
}

// message is one server-sent event.
type message struct {
	event string
	id    string // version of the table once the page has taken the message in; empty: as before
	data  []byte // JSON, one line
}

func newHub(opt Options) *hub {
	return &hub{opt: opt, joining: make(chan *viewer), leaving: make(chan *viewer)}
}

// join adds a viewer whose page has the table of that version. It has to leave in the end.
func (h *hub) join(known string) *viewer {
	v := &viewer{messages: make(chan message, backlog), known: known}
	h.mu.Lock()
	h.count++
	first := h.count == 1
	h.mu.Unlock()
	if first {
		go h.run()
	}
	h.joining <- v
	return v
}

func (h *hub) leave(v *viewer) { h.leaving <- v }

// left says that n viewers are gone, and whether nobody is there any more.
func (h *hub) left() (last bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count--
	return h.count == 0
}

// run is the goroutine. Two of them exist at most for the moment in which one that ends is followed by the next; they share
// nothing but the channels.
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

// survive keeps a mistake from ending the daemon, or the show for everybody.
func (h *hub) survive(f func()) {
	defer func() {
		if r := recover(); r != nil {
			h.opt.Crashed("Showing the page", r)
		}
	}()
	f()
}

// show is what the viewers see. Only the hub's goroutine touches it.
type show struct {
	hub     *hub
	viewers map[*viewer]bool
	table   table
	pids    map[int]string // to the row's id
	mood    supervisor.State
	usage   map[string]usage // by the row's id
	busy    bool             // a sample is under way
	samples int              // how many there were
	sampled chan map[int]procstat.Usage
}

// usage is what a process tree uses, as it is sent: thousandths of a core, -1 if not known yet, and KiB.
type usage [2]int64

// welcome brings a new viewer up to date.
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

// whole is the table with everything in it.
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

// refresh asks the supervisor and tells what is different. It ends the show of a supervisor that has ended by saying nothing.
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
		return // nobody was told anything yet
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

// sample looks at the process trees on a goroutine of its own, one at a time.
func (s *show) sample(ctx context.Context) {
	if s.busy {
		return
	}
	s.busy = true
	pids := slices.Collect(maps.Keys(s.pids))
	go func() {
		s.hub.sampling.Lock() // the sample of viewers who just left may still be under way
		defer s.hub.sampling.Unlock()
		var usages map[int]procstat.Usage // none are better than a page that is broken
		s.hub.survive(func() {
			if taken, err := s.hub.opt.Sample(ctx, pids); err == nil {
				usages = taken
			}
		})
		s.sampled <- usages // there is room for the one
	}()
}

// show tells which process trees use something else than before; what is gone is told as null.
func (s *show) show(usages map[int]procstat.Usage) {
	s.busy = false
	s.samples++
	now := make(map[string]usage, len(usages))
	for pid, u := range usages {
		if id, known := s.pids[pid]; known {
			cpu := int64(math.Round(u.CPU * 1000))
			if s.samples == 1 {
				cpu = -1 // it would be the mean since the viewers before
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
	s.broadcast(encode("usage", "", changes)) // also if empty: curves go on
}

func (s *show) broadcast(m message) {
	for v := range s.viewers {
		s.send(v, m)
	}
}

// send never waits.
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
