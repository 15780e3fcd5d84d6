package supervisor

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/datadriven"

	"reeve/config"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/delivery"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/keeper"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

// The scenarios once more: before each step the loop dies, and another one goes on from its
// trail. What callers wait for comes from the loop itself, because after a real death it is
// lost.
func TestScenariosFromTrail(t *testing.T) {
	if flag.Lookup("rewrite").Value.String() == "true" {
		t.Skip("the scenarios are being rewritten")
	}
	needMemoryFiles(t)
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios found: ", err)
	}
	for _, file := range files {
		for name, most := range map[string]int{"": trailMost, "/short": 1} {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sc := &scenario{
						t: t, held: &heldTrail{fd: -1, most: most}, config: &config.Config{}, reign: &reign{over: make(chan struct{})},
					}
					defer sc.held.close()
					defer sc.close()
					datadriven.RunTest(t, file, sc.step)
				})
			})
		}
	}
}

func needMemoryFiles(t *testing.T) {
	t.Helper()
	f, err := spawn.MemoryFile("test")
	if err != nil {
		t.Skip("no files in memory here: ", err)
	}
	f.Close()
}

// heldTrail is a keeper that holds the trail.
type heldTrail struct {
	fd    int
	most  int
	times int // that another one came

	refuses bool // it takes nothing
	serves  bool // it was told so, and had a trail
}

func (h *heldTrail) Ended() <-chan spawn.KeptExit { return nil }
func (h *heldTrail) Told(int)                     {}
func (h *heldTrail) Gone() <-chan struct{}        { return nil }
func (h *heldTrail) Drop(keeper.Class, uint64)    {}

func (h *heldTrail) Hold(t keeper.Tag, fd int) error {
	if h.refuses {
		return syscall.EMFILE
	}
	if t.Class == keeper.Trail {
		h.close()
		h.fd, _ = syscall.Dup(fd)
		h.times++
	}
	return nil
}

func (h *heldTrail) Serving() { h.serves = h.fd >= 0 }

func (h *heldTrail) close() {
	if h.fd >= 0 {
		_ = syscall.Close(h.fd)
	}
}

// trail returns that of a loop.
func (h *heldTrail) trail(log MainLog) *trail {
	return makeTrail(h, func() json.RawMessage { return json.RawMessage(`{"A":1}`) }, log, h.most)
}

// replayed returns what the trail says, with the jobs of the loop, which has the state
// live.
func (h *heldTrail) replayed(t *testing.T, live *saved) *saved {
	t.Helper()
	left, err := readTrail(h.fd)
	if err != nil {
		t.Fatal(err)
	}
	if string(left.head) != `{"A":1}` {
		t.Errorf("the head became %s", left.head)
	}
	s := left.loop
	s.Jobs, s.Unclaimed = live.Jobs, live.Unclaimed
	got, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(live)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		around := func(text []byte) []byte { return text[max(0, at-100):min(len(text), at+100)] }
		t.Errorf("the trail and the loop differ:\n%s\n%s", around(got), around(want))
	}
	return s
}

// records returns a trail with each kind of record, and where each begins.
func records(t *testing.T) (text []byte, starts []int) {
	t.Helper()
	needMemoryFiles(t)
	tr := makeTrail(nil, nil, &trace{}, trailMost)
	var err error
	if tr.file, err = spawn.MemoryFile("records"); err != nil {
		t.Fatal(err)
	}
	defer tr.file.Close()
	cfg := &config.Config{Groups: []*config.Group{
		{Name: "web", Processes: []*config.Process{{Name: "one"}, {Name: "two"}}},
		{Name: "pool", Listener: &config.Listener{}, Processes: []*config.Process{{Name: "ear"}}},
	}}
	child := func(order uint64, pid int) savedChild {
		return savedChild{Order: order, Machine: process.Saved{Machine: process.Machine{Pid: pid}}}
	}
	for _, r := range []trailRecord{
		{Head: json.RawMessage(`{"A":1}`), Base: &saved{Version: savedVersion, Config: cfg, Groups: []savedGroup{
			{Current: 0, Children: []savedChild{child(1, 0), child(2, 20)}}, {Current: 1, Children: []savedChild{child(3, 30)}},
		}}},
		{Children: []trailChild{{"web", child(1, 10)}}, Numbers: &trailNumbers{Born: 3, Starts: 4, Asked: 5, Bus: delivery.Numbers{Serial: 6}, Status: 7}},
		{Exit: &trailExit{10, process.Exit{Code: 8}}},
		{Exit: &trailExit{20, process.Exit{Code: -1, Signal: 9}}},
		{Children: []trailChild{{"web", child(1, 0)}, {"gone", child(1, 5)}, {"web", child(99, 5)}}},
		{Pools: []trailPool{{Group: "pool", Pool: savedPool{Serial: 11, Held: 1}}}},
		{Order: &order.Saved{Active: true}},
		{Made: &trailMade{12, 13}},
		{Heard: &trailHeard{14, []byte("READY\nRES")}},
		{Children: []trailChild{{"pool", savedChild{Order: 3, Row: 14, Heard: 6}}}},
		{Heard: &trailHeard{14, []byte("ULT")}},
		{Sent: &trailSent{14, 15}},
		{},
	} {
		starts = append(starts, tr.size)
		tr.write(&r)
	}
	text = make([]byte, tr.size)
	if _, err := tr.file.ReadAt(text, 0); err != nil {
		t.Fatal(err)
	}
	return text, starts
}

// What each record says is so in the end.
func TestReplay(t *testing.T) {
	text, _ := records(t)
	left, err := replay(text)
	if err != nil {
		t.Fatal(err)
	}
	s, ends, head := left.loop, left.exits, left.head
	if string(head) != `{"A":1}` {
		t.Errorf("the head is %s", head)
	}
	one, two := s.Groups[0].Children[0].Machine.Machine.Pid, s.Groups[0].Children[1].Machine.Machine.Pid
	if one != 0 || two != 20 {
		t.Errorf("the pids are %d and %d", one, two)
	}
	if want := (map[int]process.Exit{20: {Code: -1, Signal: 9}}); !maps.Equal(ends, want) {
		t.Errorf("the ends that nobody has handled are %v", ends)
	}
	if s.Born != 3 || s.Starts != 4 || s.Asked != 5 || s.Bus.Serial != 6 || s.Status != 7 {
		t.Errorf("the numbers are %d %d %d %d %d", s.Born, s.Starts, s.Asked, s.Bus.Serial, s.Status)
	}
	if left.made[12] != 13 || string(left.heard[14]) != "RESULT" || s.Groups[1].Children[0].Sent != 15 {
		t.Errorf("witnessed: %v, %q, %+v", left.made, left.heard[14], s.Groups[1].Children)
	}
	if g := s.Groups[1]; g.Serial != 11 || g.Held != 1 || !s.Order.Active {
		t.Errorf("the pool is %+v, the order %+v", g.savedPool, s.Order)
	}
}

// Of a trail that was torn, everything counts up to the last record that is complete, and
// so it does if anything in a record is broken.
func TestReplayTorn(t *testing.T) {
	text, starts := records(t)
	ends := append(starts[1:], len(text))
	read := func(text []byte) string {
		left, err := replay(text)
		said, _ := json.Marshal([]any{left.loop, left.exits, left.made, left.heard, left.head, err == nil})
		return string(said)
	}
	known := map[int]string{}
	at := func(end int) string {
		if known[end] == "" {
			known[end] = read(text[:end])
		}
		return known[end]
	}
	for end := range len(text) {
		if end%61 != 0 && !slices.ContainsFunc(starts, func(b int) bool { return b-3 <= end && end < b+12 }) {
			continue // within a long text
		}
		whole := 0
		for _, e := range ends {
			if e <= end {
				whole = e
			}
		}
		if got, want := read(text[:end]), at(whole); got != want {
			t.Fatalf("torn after %d bytes: %s, want %s", end, got, want)
		}
		broken := bytes.Clone(text)
		broken[end] ^= 0x10
		start := 0
		for _, b := range starts {
			if b <= end {
				start = b
			}
		}
		if got, want := read(broken), at(start); got != want {
			t.Fatalf("byte %d is broken: %s, want %s", end, got, want)
		}
	}
	if _, err := replay(text[:starts[1]-1]); err == nil {
		t.Error("no error without a whole state")
	}
	if _, err := replay(text[starts[1]:]); err == nil {
		t.Error("no error without the beginning")
	}
}

func FuzzReplay(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte(`{"Base":{"Version":1,"Config":{"Groups":[{"Name":"web"}]},"Groups":[{"Current":0}]},"Pools":[{"Group":"web"}]}`))
	f.Add([]byte(`{"Base":{"Version":1,"Groups":[{"Current":0}]},"Pools":[{}]}`))
	f.Add([]byte(`{"Base":{"Version":1,"Config":{},"Groups":[{"Current":7}]},"Pools":[{}]}`))
	f.Add([]byte{2, 0, 0, 0, 0, 0, 0, 0, '{', '}'})
	f.Fuzz(func(t *testing.T, text []byte) {
		// As a record: what a checksum protects from.
		frame := binary.LittleEndian.AppendUint32(nil, uint32(len(text)))
		frame = binary.LittleEndian.AppendUint32(frame, crc32.Checksum(text, castagnoli))
		for _, text := range [][]byte{text, append(frame, text...)} {
			if left, err := replay(text); err == nil && left.loop == nil {
				t.Error("neither a state nor an error")
			}
		}
	})
}

// A file that has grown too long is replaced by one with the whole state, which is as long
// as what it describes.
func TestTrailIsReplaced(t *testing.T) {
	needMemoryFiles(t)
	synctest.Test(t, func(t *testing.T) {
		held := &heldTrail{fd: -1, most: 20 << 10}
		defer held.close()
		tr := &trace{start: time.Now()}
		sc := &scenario{
			t: t, held: held, config: &config.Config{}, base: tr.start, trace: tr, kernel: newFakeKernel(tr), prober: newFakeProber(tr),
			hears: newFakeNotifier(tr), watcher: newFakeWatcher(tr), kept: &fakeStateFile{trace: tr}, table: &fakeTable{trace: tr, outputs: make(chan capture.Output, 1000)}, reign: &reign{over: make(chan struct{})},
		}
		defer sc.close()
		sc.config.Groups = []*config.Group{{Name: "web", Processes: sc.processes(&datadriven.TestData{Input: "web autorestart=true startsecs=0"})}}
		stepRun(sc, &datadriven.TestData{})
		largest := 0
		for range 500 {
			sc.kernel.exit(sc.kernel.pids["web"], process.Exit{})
			time.Sleep(time.Second)
			synctest.Wait()
			largest = max(largest, sc.sup.loop.trail.size)
		}
		if largest > 2*held.most || held.times < 10 || held.times > 400 {
			t.Errorf("the trail grew to %d bytes, and was replaced %d times", largest, held.times)
		}
		left, err := readTrail(held.fd)
		if err != nil || left.loop.Starts != 501 {
			t.Errorf("after 500 restarts: %+v, %v", left.loop, err)
		}
	})
}

// aheadKernel checks that each start is written down before it is carried out.
type aheadKernel struct {
	*fakeKernel
	t    *testing.T
	held *heldTrail
}

func (k aheadKernel) Start(spec *spawn.Spec) {
	left, err := readTrail(k.held.fd)
	if err != nil {
		k.t.Error(err)
		return
	}
	for _, g := range left.loop.Groups {
		for _, c := range g.Children {
			if c.Forking == spec.ID {
				k.fakeKernel.Start(spec)
				return
			}
		}
	}
	k.t.Errorf("start %d of %s is carried out before it is written down", spec.ID, spec.Name)
}

// A start is carried out when it is written down: at the beginning, after a request, after
// an end.
func TestTrailIsAhead(t *testing.T) {
	needMemoryFiles(t)
	synctest.Test(t, func(t *testing.T) {
		held := &heldTrail{fd: -1, most: trailMost}
		defer held.close()
		tr := &trace{start: time.Now()}
		kernel := newFakeKernel(tr)
		cfg := &config.Config{}
		for _, name := range []string{"a", "b", "c"} {
			sc := &scenario{t: t}
			cfg.Groups = append(cfg.Groups, &config.Group{Name: name, Processes: sc.processes(&datadriven.TestData{Input: name + " autorestart=true startsecs=0"})})
		}
		sup, err := newSupervisor(Options{Config: cfg, Log: tr}, devices{
			kernel: aheadKernel{kernel, t, held}, table: &fakeTable{trace: tr, outputs: make(chan capture.Output, 1000)}, prober: newFakeProber(tr),
			listen: func() (notifier, error) { return newFakeNotifier(tr), nil }, kept: &fakeStateFile{trace: tr}, trail: held.trail(tr),
			mono: func() time.Duration { return time.Since(tr.start) },
		})
		if err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		go func() { sup.Run(t.Context()); close(over) }()
		synctest.Wait()
		kernel.exit(kernel.pids["a"], process.Exit{})
		synctest.Wait()
		kernel.obeys("b")
		if err := sup.Stop(t.Context(), Name{"b", "b"}, true); err != nil {
			t.Error(err)
		}
		if err := sup.Start(t.Context(), Name{"b", "b"}, true); err != nil {
			t.Error(err)
		}
		if kernel.nextPid < 105 {
			t.Errorf("the next pid is %d: there were too few starts", kernel.nextPid)
		}
		for name := range kernel.pids {
			kernel.obeys(name)
		}
		if err := sup.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		<-over
	})
}

// A caller gets its answer when what it asked for is written down.
func TestTrailIsAheadOfReplies(t *testing.T) {
	needMemoryFiles(t)
	synctest.Test(t, func(t *testing.T) {
		held := &heldTrail{fd: -1, most: trailMost}
		defer held.close()
		tr := &trace{start: time.Now()}
		trail := held.trail(tr)
		sup, err := newSupervisor(Options{Config: &config.Config{}, Log: tr}, devices{
			kernel: newFakeKernel(tr), table: &fakeTable{trace: tr, outputs: make(chan capture.Output, 1000)}, prober: newFakeProber(tr),
			kept: &fakeStateFile{trace: tr}, trail: trail, mono: func() time.Duration { return time.Since(tr.start) },
		})
		if err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		go func() { sup.Run(t.Context()); close(over) }()
		synctest.Wait()
		trail.head = func() json.RawMessage {
			time.Sleep(time.Second)
			return nil
		}
		before := time.Now()
		if err := sup.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(before); took < time.Second {
			t.Errorf("answered after %s, before it was written down", took)
		}
		<-over
	})
}

// A trail that can't be written is said once, and written as a whole when that goes again.
func TestTrailFails(t *testing.T) {
	var said []string
	tr := &trail{most: trailMost, log: func(_ process.Level, line string) { said = append(said, line) }}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	tr.file = file // for reading
	tr.write(&trailRecord{})
	tr.write(&trailRecord{})
	if len(said) != 1 || !strings.HasPrefix(said[0], "cannot write down the state for the keeper: ") || tr.file != nil {
		t.Errorf("it said %q", said)
	}
}

// A keeper that can't be given a new file goes on with the one that it has. Without any it
// is not told that the daemon serves.
func TestTrailIsNotHeld(t *testing.T) {
	needMemoryFiles(t)
	synctest.Test(t, func(t *testing.T) {
		held := &heldTrail{fd: -1, most: 1, refuses: true}
		defer held.close()
		tr := &trace{start: time.Now()}
		sc := &scenario{
			t: t, held: held, config: &config.Config{}, base: tr.start, trace: tr, kernel: newFakeKernel(tr), prober: newFakeProber(tr),
			hears: newFakeNotifier(tr), kept: &fakeStateFile{trace: tr}, table: &fakeTable{trace: tr, outputs: make(chan capture.Output, 1000)}, reign: &reign{over: make(chan struct{})},
		}
		defer sc.close()
		sc.config.Groups = []*config.Group{{Name: "web", Processes: sc.processes(&datadriven.TestData{Input: "web autorestart=true startsecs=0"})}}
		stepRun(sc, &datadriven.TestData{})
		again := func() *saved {
			sc.kernel.exit(sc.kernel.pids["web"], process.Exit{})
			time.Sleep(time.Second)
			synctest.Wait()
			if held.fd < 0 {
				return nil
			}
			left, err := readTrail(held.fd)
			if err != nil {
				t.Fatal(err)
			}
			return left.loop
		}
		if again(); held.serves || sc.sup.loop.trail.file != nil {
			t.Error("nothing is held, and the keeper was told that the daemon serves")
		}
		held.refuses = false
		if again(); !held.serves {
			t.Error("the keeper was not told that the daemon serves")
		}
		held.refuses = true
		for n := range uint64(5) { // most is so small that each would be a new file
			if s := again(); s.Starts != n+4 {
				t.Errorf("start %d was not written down: %d", n+4, s.Starts)
			}
		}
		said := strings.Count(tr.take(), "cannot write down the state for the keeper")
		if said != 1 {
			t.Errorf("it was said %d times", said)
		}
	})
}

// What the program wants to find at the beginning of the trail may change. Its file ends
// with the session.
func TestTrailHeadChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := &heldTrail{fd: -1, most: trailMost}
		defer held.close()
		tr := &trace{start: time.Now()}
		sc := &scenario{
			t: t, held: held, config: &config.Config{}, base: tr.start, trace: tr, kernel: newFakeKernel(tr), prober: newFakeProber(tr),
			hears: newFakeNotifier(tr), watcher: newFakeWatcher(tr), kept: &fakeStateFile{trace: tr}, table: &fakeTable{trace: tr, outputs: make(chan capture.Output, 1000)}, reign: &reign{over: make(chan struct{})},
		}
		defer sc.close()
		stepRun(sc, &datadriven.TestData{})
		if err := sc.sup.Succession().NoteHead(t.Context(), json.RawMessage(`{"A":2}`)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if left, err := readTrail(held.fd); err != nil || string(left.head) != `{"A":2}` {
			t.Errorf("the trail begins with %s: %v", left.head, err)
		}
		if err := sc.sup.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if sc.sup.loop.trail.file != nil {
			t.Error("the file of the trail outlives its session")
		}
	})
}
