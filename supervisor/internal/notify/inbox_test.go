package notify

import (
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
	"time"

	"reeve/supervisor/internal/check"
)

var start0 = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// drain takes everything that may be handled at now.
func drain(b *inbox, now time.Time) (items []item, wait time.Time) {
	for {
		s, it, wait := b.take(now)
		if s == nil {
			return items, wait
		}
		items = append(items, it)
	}
}

// A flood costs the loop 20 messages at once and 20 a second, and others nothing. What it
// says last counts, and READY=1 is not lost in it.
func TestFlood(t *testing.T) {
	b := newInbox()
	loud, quiet := b.add(1, 101, "loud"), b.add(2, 102, "quiet")
	now, handled := start0, 0
	var last string
	ready := false
	for i := range 10000 {
		n := check.Notice{Status: new(strconv.Itoa(i))}
		n.Ready = i == 5000
		b.put(loud, n, 101, -1)
		if i%1000 == 0 {
			b.put(quiet, check.Notice{Alive: true}, 102, -1)
		}
		now = now.Add(time.Millisecond)
		items, _ := drain(b, now)
		for _, it := range items {
			if it.pid == 102 {
				if i%1000 != 0 {
					t.Errorf("the quiet program had to wait until %d", i)
				}
				continue
			}
			handled++
			last, ready = *it.notice.Status, ready || it.notice.Ready
		}
	}
	items, wait := drain(b, now.Add(time.Second))
	for _, it := range items {
		last = *it.notice.Status
		handled++
	}
	if handled > 20+20*10+1 || last != "9999" || !ready || !wait.IsZero() {
		t.Errorf("%d handled in 10s, last %s, ready %v", handled, last, ready)
	}
}

// What is merged leads to the same as what is not, as long as not too much waits.
func TestMerge(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 0))
		b := newInbox()
		s := b.add(1, 101, "web")
		one, other := watching(), watching()
		for range 1 + r.IntN(20) {
			n := anyNotice(r)
			if len(s.items) == mostItems {
				break
			}
			one.Notified(start0, n)
			b.put(s, n, 101, -1)
		}
		items, _ := drain(b, start0)
		for _, it := range items {
			other.Notified(start0, it.notice)
		}
		if !reflect.DeepEqual(one, other) {
			t.Fatalf("seed %d: %+v, merged %+v", seed, one.Told, other.Told)
		}
	}
}

func watching() *check.Machine {
	m := check.New("web", check.Policy{})
	m.Started(start0, 1, start0)
	m.Running(start0)
	return m
}

func anyNotice(r *rand.Rand) (n check.Notice) {
	switch r.IntN(9) {
	case 0:
		n.Ready = true
	case 1:
		n.Reloading, n.Monotonic = true, time.Duration(r.IntN(9))
	case 2:
		n.Stopping = true
	case 3:
		n.Status = new(strconv.Itoa(r.IntN(9)))
	case 4:
		n.MainPid = r.IntN(9)
	case 5:
		n.Errno = new(r.IntN(9))
	case 6:
		n.Alive = true
	case 7:
		n.Period = new(time.Duration(r.IntN(9)))
	case 8:
		n.Extend = time.Duration(r.IntN(9))
	}
	return n
}

// A program that changes its state back and forth, and never lets its messages be merged,
// has a bounded number of them waiting.
func TestStateFlood(t *testing.T) {
	b := newInbox()
	s := b.add(1, 101, "web")
	for i := range 1000 {
		b.put(s, check.Notice{Ready: i%2 == 0, Reloading: i%2 == 1}, 101, -1)
	}
	if len(s.items) != mostItems {
		t.Errorf("%d items wait", len(s.items))
	}
}

func TestBarriers(t *testing.T) {
	b := newInbox()
	s := b.add(1, 101, "web")
	// What comes after a barrier is not merged with what came before.
	b.put(s, check.Notice{Ready: true}, 101, -1)
	b.put(s, check.Notice{}, 101, 7)
	b.put(s, check.Notice{Status: new("x")}, 101, -1)
	items, _ := drain(b, start0)
	if len(items) != 2 || !items[0].notice.Ready || !reflect.DeepEqual(items[0].barriers, []int{7}) || items[1].notice.Status == nil {
		t.Errorf("%+v", items)
	}
	// They are bounded: of a run, and of all together.
	kept := 0
	for i := range 100 {
		if b.put(s, check.Notice{}, 101, 1000+i) {
			kept++
		}
	}
	if kept != runBarriers || len(b.remove(1)) != runBarriers || b.fds != 0 || b.remove(1) != nil {
		t.Errorf("%d barriers of a run are kept", kept)
	}
	kept = 0
	for run := range uint64(100) {
		s := b.add(run, 1000+int(run), "web")
		for i := range 10 {
			if b.put(s, check.Notice{}, 1, i) {
				kept++
			}
		}
	}
	if kept != mostBarriers {
		t.Errorf("%d barriers of all are kept", kept)
	}
	if drain(b, start0.Add(time.Hour)); b.fds != 0 {
		t.Errorf("%d barriers are left", b.fds)
	}
}

// Programs take turns.
func TestTurns(t *testing.T) {
	b := newInbox()
	one, two := b.add(1, 101, "one"), b.add(2, 102, "two")
	for i := range 4 {
		b.put(one, check.Notice{Ready: i%2 == 0, Reloading: i%2 == 1}, 101, -1)
	}
	b.put(two, check.Notice{Ready: true}, 102, -1)
	items, _ := drain(b, start0)
	var order []int
	for _, it := range items {
		order = append(order, it.pid)
	}
	if !reflect.DeepEqual(order, []int{101, 102, 101, 101, 101}) {
		t.Errorf("in turn: %v", order)
	}
}

func TestLimiter(t *testing.T) {
	l := limiter{period: time.Second, burst: 3}
	now := start0
	for i, want := range []time.Duration{0, 0, 0, time.Second, time.Second} {
		wait := l.when(now).Sub(now)
		if wait != want {
			t.Errorf("event %d waits %v, not %v", i, wait, want)
		}
		now = now.Add(wait)
		l.take(now)
	}
	now = now.Add(time.Hour)
	for i := range 3 {
		if wait := l.when(now).Sub(now); wait != 0 {
			t.Errorf("after a rest event %d waits %v", i, wait)
		}
		l.take(now)
	}
	if l.when(now) == now {
		t.Error("the burst is larger after a rest")
	}
}

func TestRepeated(t *testing.T) {
	var r repeated
	if r.say(start0) != 1 || r.say(start0.Add(59*time.Second)) != 0 || r.say(start0.Add(time.Minute)) != 2 {
		t.Error("a line a minute, with the number of those between")
	}
}

// TestOwner: who belongs to whom, in a process table of our own. 1 is init, 100 is the
// daemon, 101 and 102 its children; 102 is not known yet.
func TestOwner(t *testing.T) {
	table := map[int]stat{
		1: {0, 1, 1}, 100: {1, 100, 100}, 101: {100, 101, 100}, 102: {100, 102, 100},
		201: {101, 101, 100}, 202: {201, 202, 202}, // below 101, the second in its own session
		203: {1, 101, 100},                         // lost its parent, still in the group
		204: {1, 300, 101},                         // lost its parent, still in the session that 101 leads
		205: {1, 205, 205},                         // a daemon that left everything behind
		206: {102, 102, 100},                       // below the unknown child
		207: {999, 101, 100},                       // its parent ends at this moment
		208: {209, 208, 208}, 209: {208, 209, 209}, // not possible, but must not hang
	}
	look := func(pid int) (stat, bool) { s, ok := table[pid]; return s, ok }
	b := newInbox()
	known := b.add(1, 101, "web")
	for _, c := range []struct {
		pid   int
		known bool
		child int
		gone  bool
	}{
		{101, true, 101, false},
		{201, true, 101, false},
		{202, true, 101, false},
		{203, true, 0, false},
		{204, true, 0, false},
		{205, false, 0, false},
		{102, false, 102, false},
		{206, false, 102, false},
		{207, true, 0, false},
		{208, false, 0, false},
		{100, false, 0, false},
		{1, false, 0, false},
		{999, false, 0, true},
		{0, false, 0, false},
	} {
		l := ancestors(c.pid, 100, look)
		if got := b.owner(l); (got == known) != c.known || l.child != c.child || l.gone != c.gone {
			t.Errorf("pid %d: owner %+v, lineage %+v; want %+v", c.pid, got, l, c)
		}
	}
}

func TestParseStat(t *testing.T) {
	for text, want := range map[string]stat{
		"42 (web) S 1 42 40 0 -1 4194560": {1, 42, 40},
		"42 (a) b (c)) R 7 8 9 0":         {7, 8, 9},
		"42 (x\n) S 1 2 3":                {1, 2, 3},
		"42 (1 2 3 4 5) S -1 0 0 0 ":      {-1, 0, 0},
	} {
		if got, ok := parseStat([]byte(text)); !ok || got != want {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "42 (web", "42 (web) S 1 2", "42 (web) S 1 x 3"} {
		if got, ok := parseStat([]byte(text)); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}
