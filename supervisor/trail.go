package supervisor

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"sync"
	"time"

	"reeve/config"
	"reeve/supervisor/internal/delivery"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/keeper"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

// Keeper holds for this process what is not to be lost when it dies suddenly.
// *keeper.Client is one. None of its methods may block.
type Keeper interface {
	spawn.Keeper
	Hold(t keeper.Tag, fd int) error
	Serving()
	Drop(class keeper.Class, owner uint64)
}

// trail is the state of the loop, written down as it changes, in a file in memory that the
// keeper holds: if this process dies suddenly, another one goes on from there (Recover).
// A turn costs what it has changed.
//
// The file is a sequence of records: four bytes of length, four of CRC-32C, then JSON. A
// record at the end may be torn; those before it never are. A file that has grown too long
// is replaced by a new one that begins with the whole state.
type trail struct {
	keeper Keeper
	head   func() json.RawMessage
	log    func(process.Level, string)

	touched []*child
	order   bool // of starts and stops is to be written
	numbers trailNumbers
	shape   trailShape

	most   int  // trailMost
	serves bool // the keeper was told so

	// The rest is for the witnesses, too.

	mu   sync.Mutex
	file *os.File // nil: it can't be written
	said bool     // that it can't
	size int
	base int // what it was with the last whole state
	// What was witnessed and not handled by the loop: a new file has to have it.
	exits   map[int]process.Exit
	made    map[uint64]int
	revoked map[uint64]bool
	heard   map[uint64][]byte
}

// trailShape is what makes the whole state be written again when it changes.
type trailShape struct {
	config    *config.Config
	state     State
	groups    int
	processes int
	born      uint64
	tasks     int
	ending    int
	asked     bool
	updates   uint64
	waiting   int // of the update under way
	starts    int
	desires   uint64
	rolls     uint64
	reported  time.Time
}

// trailRecord is what one turn has changed.
type trailRecord struct {
	Head     json.RawMessage `json:",omitempty"`
	Base     *saved          `json:",omitempty"`
	Children []trailChild    `json:",omitempty"`
	Numbers  *trailNumbers   `json:",omitempty"`
	Pools    []trailPool     `json:",omitempty"`
	Order    *order.Saved    `json:",omitempty"`
	Exit     *trailExit      `json:",omitempty"`
	Made     *trailMade      `json:",omitempty"`
	Revoked  *trailRevoked   `json:",omitempty"`
	Heard    *trailHeard     `json:",omitempty"`
	Sent     *trailSent      `json:",omitempty"`
}

type trailChild struct {
	Group string
	Child savedChild
}

type trailNumbers struct {
	Born, Starts, Asked uint64
	Bus                 delivery.Numbers
	Status              int
}

// trailPool is a pool, with what has changed in its buffer.
type trailPool struct {
	Group   string
	Pool    savedPool
	Changes delivery.Changes
}

// trailExit is the end of a child, noted before it is reaped.
type trailExit struct {
	Pid    int
	Status process.Exit
}

// trailMade is the pid of a start, noted as soon as it is known.
type trailMade struct {
	Row uint64
	Pid int
}

// trailRevoked says that a start is given up, before that is so, or that nothing of it is
// left.
type trailRevoked struct {
	Row  uint64
	Gone bool `json:",omitempty"`
}

// trailHeard is what a listener has answered, noted when it was read.
type trailHeard struct {
	Row  uint64
	Data []byte
}

// trailSent is the event that was written to a listener.
type trailSent struct{ Row, Serial uint64 }

// trailMost is the size from which on a file is replaced, if most of it is history.
const trailMost = 4 << 20

// newTrail returns the trail of a loop with these options; nil: it needs none.
func newTrail(opt *Options) *trail {
	if opt.Keeper == nil {
		return nil
	}
	return makeTrail(opt.Keeper, opt.TrailHead, opt.Log, trailMost)
}

func makeTrail(k Keeper, head func() json.RawMessage, log MainLog, most int) *trail {
	return &trail{
		keeper: k, head: head, log: log.Log, most: most,
		exits: map[int]process.Exit{}, made: map[uint64]int{}, revoked: map[uint64]bool{}, heard: map[uint64][]byte{},
	}
}

// kernel returns the options of a kernel whose ends are written down.
func (t *trail) kernel(h spawn.Handed) spawn.Options {
	if t == nil {
		return spawn.Options{Handed: h}
	}
	return spawn.Options{Handed: h, Keeper: t.keeper, Witness: t.witness, Making: t.making, Made: t.madeAs, Gone: t.revokedIsGone}
}

// touch notes that something about c has changed.
func (t *trail) touch(c *child) {
	if t != nil && !c.touched {
		c.touched = true
		t.touched = append(t.touched, c)
	}
}

// monoNow returns what the system's monotonic clock was at l.now: in the middle of a turn
// that is a while ago.
func monoNow(l *loop) time.Duration { return l.mono() - time.Since(l.now) }

// ordered notes that something may have changed in the order of starts and stops. It never
// becomes inactive.
func (t *trail) ordered(o *ordering) {
	if t != nil && o.machine.Active() {
		t.order = true
	}
}

// turn writes down what has changed since the last call.
func (t *trail) turn(l *loop) {
	if t == nil {
		return
	}
	shape, numbers := shapeOf(l), numbersOf(l)
	whole := shape != t.shape || t.outgrown()
	if !whole && len(t.touched) == 0 && numbers == t.numbers && !t.order {
		return
	}
	if whole {
		t.begin(l)
	} else {
		r := trailRecord{Numbers: &numbers}
		clock := clock{l.now, monoNow(l)}
		for _, c := range t.touched {
			if !c.removed {
				r.Children = append(r.Children, trailChild{c.group.config.Name, c.save(clock)})
			}
		}
		if numbers.Bus != t.numbers.Bus || len(t.touched) > 0 {
			for _, g := range l.groups.active {
				if g.pool != nil {
					pool := g.savePool(clock)
					pool.Buffer = nil
					r.Pools = append(r.Pools, trailPool{g.config.Name, pool, g.pool.Changes()})
				}
			}
		}
		if t.order {
			s := l.ordering.machine.Save()
			r.Order = &s
		}
		t.write(&r)
	}
	t.shape, t.numbers, t.order = shape, numbers, false
	for _, c := range t.touched {
		c.touched = false
	}
	t.touched = slices.Delete(t.touched, 0, len(t.touched))
}

// outgrown reports whether there is too much history in the file, or none at all.
func (t *trail) outgrown() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.file == nil || t.size > t.most && t.size > 4*t.base
}

func shapeOf(l *loop) trailShape {
	s := trailShape{
		config: l.groups.config, state: l.state, groups: len(l.groups.active), processes: len(l.groups.roster), born: l.groups.born,
		desires: l.desires.changes, tasks: len(l.plans.tasks),
		updates: l.updates.changes, rolls: l.rolls.changes,
	}
	if u := l.updates.current; u != nil {
		s.waiting, s.starts = 1+len(u.waiting), len(u.starts)
	}
	if e := l.ending; e != nil {
		s.ending, s.asked, s.reported = 1+len(e.queue), e.asked, e.reported
	}
	return s
}

func numbersOf(l *loop) trailNumbers {
	return trailNumbers{Born: l.groups.born, Starts: l.starts, Asked: l.jobs.asked, Bus: l.events.bus.Numbers, Status: l.status}
}

// begin writes the whole state into a new file. If there can be none, the one that the
// keeper holds goes on with it.
func (t *trail) begin(l *loop) {
	base := t.frame(&trailRecord{Head: t.head(), Base: l.save(monoNow(l))})
	for _, g := range l.groups.active {
		if g.pool != nil {
			g.pool.Mark() // the whole buffer is in it
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	before, size := t.file, t.size
	file, err := spawn.MemoryFile("reeve-trail")
	if err == nil {
		t.file, t.size = file, 0
		t.whole(base)
		err = t.keeper.Hold(keeper.Tag{Class: keeper.Trail}, int(file.Fd()))
	}
	switch {
	case err == nil:
		if before != nil {
			_ = before.Close()
		}
		t.said = t.said && t.file == nil
	case before == nil:
		t.failed(err)
		return
	default:
		if file != nil {
			_ = file.Close()
		}
		t.file, t.size = before, size
		t.whole(base)
	}
	if !t.serves {
		t.serves = true
		t.keeper.Serving()
	}
}

// whole appends the whole state, with what the loop has not handled. The caller holds mu.
func (t *trail) whole(base []byte) {
	t.append(base)
	t.base = t.size
	for pid, e := range t.exits {
		t.append(t.frame(&trailRecord{Exit: &trailExit{pid, e}}))
	}
	for row, pid := range t.made {
		t.append(t.frame(&trailRecord{Made: &trailMade{row, pid}}))
	}
	for row := range t.revoked {
		t.append(t.frame(&trailRecord{Revoked: &trailRevoked{Row: row}}))
	}
	for row, data := range t.heard {
		t.append(t.frame(&trailRecord{Heard: &trailHeard{row, data}}))
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame returns a record as it is written; nil if it can't be encoded.
func (t *trail) frame(r *trailRecord) []byte {
	text, err := json.Marshal(r)
	if err != nil {
		t.log(process.Error, fmt.Sprintf("cannot encode the state for the keeper: %v", err))
		return nil
	}
	frame := make([]byte, 8, 8+len(text))
	binary.LittleEndian.PutUint32(frame, uint32(len(text)))
	binary.LittleEndian.PutUint32(frame[4:], crc32.Checksum(text, castagnoli))
	return append(frame, text...)
}

// write appends a record.
func (t *trail) write(r *trailRecord) {
	frame := t.frame(r)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.append(frame)
}

// append writes a frame. The caller holds mu.
func (t *trail) append(frame []byte) {
	if t.file == nil {
		return
	}
	n, err := t.file.Write(frame)
	if t.size += n; err != nil {
		t.failed(err)
	}
}

// failed gives a file up; the next turn tries again. The caller holds mu.
func (t *trail) failed(err error) {
	if !t.said {
		t.said = true
		t.log(process.Error, fmt.Sprintf("cannot write down the state for the keeper: %v", err))
	}
	t.size, t.base = 0, 0
	if t.file != nil {
		_ = t.file.Close()
		t.file = nil
	}
}

// close ends the trail with its session. The keeper holds the file until another one comes.
func (t *trail) close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file != nil {
		_ = t.file.Close()
		t.file = nil
	}
}

// listening has the socket for notifications held. The whole state says its address.
func (t *trail) listening(n notifier) {
	if t == nil {
		return
	}
	t.shape = trailShape{}
	if f, err := n.File(); err == nil {
		if err := t.keeper.Hold(keeper.Tag{Class: keeper.Notify}, int(f.Fd())); err != nil {
			t.log(process.Error, fmt.Sprintf("%v; the socket for notifications is another one if supervisord dies suddenly", err))
		}
		_ = f.Close()
	}
}
