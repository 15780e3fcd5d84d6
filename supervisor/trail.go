package supervisor

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"sync"

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
	Hold(t keeper.Tag, fd int)
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
	head   json.RawMessage
	log    func(process.Level, string)

	touched []*child
	numbers trailNumbers
	shape   trailShape

	mu   sync.Mutex // for the kernel's witness
	file *os.File   // nil: it can't be written
	size int
	base int
}

// trailShape is what makes the whole state be written again when it changes.
type trailShape struct {
	config    *config.Config
	state     State
	groups    int
	processes int
	born      uint64
	ending    int
	asked     bool
	updates   uint64
	desires   uint64
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

type trailPool struct {
	Group string
	Pool  savedPool
}

// trailExit is the end of a child, noted before it is reaped.
type trailExit struct {
	Pid    int
	Status process.Exit
}

// trailMost is the size from which on a file is replaced, if most of it is history.
const trailMost = 4 << 20

// newTrail returns the trail of a loop with these options; nil: it needs none.
func newTrail(opt *Options) *trail {
	if opt.Keeper == nil {
		return nil
	}
	return &trail{keeper: opt.Keeper, head: opt.TrailHead, log: opt.Log.Log}
}

// kernel returns the options of a kernel whose ends are written down.
func (t *trail) kernel(h spawn.Handed) spawn.Options {
	if t == nil {
		return spawn.Options{Handed: h}
	}
	return spawn.Options{Handed: h, Keeper: t.keeper, Witness: t.witness}
}

// touch notes that something about c has changed.
func (t *trail) touch(c *child) {
	if t != nil && !c.touched {
		c.touched = true
		t.touched = append(t.touched, c)
	}
}

// turn writes down what has changed since the last call.
func (t *trail) turn(l *loop) {
	if t == nil {
		return
	}
	shape, numbers := shapeOf(l), numbersOf(l)
	whole := shape != t.shape || t.file == nil || t.size > trailMost && t.size > 4*t.base
	if !whole && len(t.touched) == 0 && numbers == t.numbers {
		return
	}
	if whole {
		t.begin(l)
	} else {
		r := trailRecord{Numbers: &numbers}
		clock := clock{l.now, l.mono()}
		for _, c := range t.touched {
			if !c.removed {
				r.Children = append(r.Children, trailChild{c.group.config.Name, c.save(clock)})
			}
		}
		if numbers.Bus != t.numbers.Bus || len(t.touched) > 0 {
			for _, g := range l.groups.active {
				if g.pool != nil {
					r.Pools = append(r.Pools, trailPool{g.config.Name, g.savePool(clock)})
				}
			}
		}
		if l.ordering.machine.Active() {
			s := l.ordering.machine.Save()
			r.Order = &s
		}
		t.write(&r)
	}
	t.shape, t.numbers = shape, numbers
	for _, c := range t.touched {
		c.touched = false
	}
	t.touched = slices.Delete(t.touched, 0, len(t.touched))
}

func shapeOf(l *loop) trailShape {
	s := trailShape{
		config: l.groups.config, state: l.state, groups: len(l.groups.active), processes: len(l.groups.roster), born: l.groups.born,
		updates: l.updates.changes,
		desires: l.desires.changes,
	}
	if e := l.ending; e != nil {
		s.ending, s.asked = 1+len(e.queue), e.asked
	}
	return s
}

func numbersOf(l *loop) trailNumbers {
	return trailNumbers{Born: l.groups.born, Starts: l.starts, Asked: l.jobs.asked, Bus: l.events.bus.Numbers, Status: l.status}
}

// begin writes a new file.
func (t *trail) begin(l *loop) {
	file, err := spawn.MemoryFile("reeve-trail")
	if err != nil {
		t.failed(err)
		return
	}
	t.mu.Lock()
	old := t.file
	t.file, t.size = file, 0
	t.mu.Unlock()
	t.write(&trailRecord{Head: t.head, Base: l.save(l.mono())})
	t.base = t.size
	t.keeper.Hold(keeper.Tag{Class: keeper.Trail}, int(file.Fd()))
	if old != nil {
		_ = old.Close()
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// write appends a record.
func (t *trail) write(r *trailRecord) {
	text, err := json.Marshal(r)
	if err != nil {
		t.failed(err)
		return
	}
	frame := make([]byte, 8, 8+len(text))
	binary.LittleEndian.PutUint32(frame, uint32(len(text)))
	binary.LittleEndian.PutUint32(frame[4:], crc32.Checksum(text, castagnoli))
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return
	}
	n, err := t.file.Write(append(frame, text...))
	if t.size += n; err != nil {
		t.failed(err)
	}
}

// witness writes the end of a child down. It is called by the kernel's goroutine and the
// loop's.
func (t *trail) witness(pid int, e process.Exit) { t.write(&trailRecord{Exit: &trailExit{pid, e}}) }

// failed gives a file up; the next turn tries again.
func (t *trail) failed(err error) {
	t.log(process.Error, fmt.Sprintf("cannot write down the state for the keeper: %v", err))
	t.size, t.base = 0, 0
	if t.file != nil {
		_ = t.file.Close()
		t.file = nil
	}
}

// socketOpened returns what has FastCGI sockets held; nil without a keeper.
func (t *trail) socketOpened() func(key string, f *os.File) {
	if t == nil {
		return nil
	}
	return func(key string, f *os.File) {
		t.keeper.Hold(keeper.Tag{Class: keeper.Socket, Owner: socketOwner(key)}, int(f.Fd()))
	}
}

// listening has the socket for notifications held. The whole state says its address.
func (t *trail) listening(n notifier) {
	if t == nil {
		return
	}
	t.shape = trailShape{}
	if f, err := n.File(); err == nil {
		t.keeper.Hold(keeper.Tag{Class: keeper.Notify}, int(f.Fd()))
		_ = f.Close()
	}
}
