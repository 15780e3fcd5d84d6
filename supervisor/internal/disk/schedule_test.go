package disk

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// desk drives a schedule by hand: work is a name, which runs until the test ends it.
type desk struct {
	*schedule
	running map[string]*line
	started []string
}

func newDesk(workers int) *desk {
	return &desk{schedule: newSchedule(workers), running: map[string]*line{}}
}

// ask adds a request called name and reports whether it was accepted.
func (d *desk) ask(device, file, name string) bool {
	ok := d.add(place{device, file}, &request{run: func() { d.started = append(d.started, name) }})
	d.run()
	return ok
}

// run starts everything that may run.
func (d *desk) run() {
	for l, run := d.next(); l != nil; l, run = d.next() {
		run()
		d.running[d.started[len(d.started)-1]] = l
	}
}

func (d *desk) end(names ...string) {
	for _, name := range names {
		d.done(d.running[name])
		delete(d.running, name)
		d.run()
	}
}

func (d *desk) want(t *testing.T, names string) {
	t.Helper()
	if got := strings.Join(d.started, " "); got != names {
		t.Errorf("started: %s\nwant:    %s", got, names)
	}
	d.started = nil
}

func TestFilesOfADeviceTakeTurns(t *testing.T) {
	d := newDesk(4) // one for each device
	for i := range 3 {
		d.ask("disk", "long", fmt.Sprint("long", i))
	}
	d.ask("disk", "a", "a")
	d.ask("disk", "b", "b")
	d.end("long0", "a", "b", "long1", "long2")
	d.want(t, "long0 a b long1 long2")
}

func TestWorkForAFileRunsInOrderAndAlone(t *testing.T) {
	d := newDesk(16)
	for i := range 3 {
		d.ask("disk", "file", fmt.Sprint(i))
	}
	d.ask("disk", "other", "other")
	d.want(t, "0 other")
	d.end("0")
	d.want(t, "1")
	d.end("other", "1")
	d.want(t, "2")
}

// A caller runs its request itself only if the schedule would have run it next.
func TestCallersRunWhatNeedNotWait(t *testing.T) {
	d := newDesk(4) // one for each device
	l := d.begin(place{"disk", "a"})
	if l == nil {
		t.Fatal("an idle disk has no worker for a request")
	}
	if d.begin(place{"disk", "b"}) != nil {
		t.Error("a disk has more than its share")
	}
	d.ask("disk", "a", "a")
	d.ask("other", "c", "c")
	d.want(t, "c")
	d.done(l)
	d.run()
	d.want(t, "a")
	d.ask("disk", "a", "again")
	d.end("a")
	d.want(t, "again")
	for range 2 {
		d.ask("other", "d", "d")
	}
	d.end("c")
	d.want(t, "d")
	if d.begin(place{"other", "e"}) != nil {
		t.Error("a request comes before one that waits")
	}
	d.end("d", "d", "again")
	if d.schedule.running != 0 || len(d.files) != 0 {
		t.Errorf("%d running, %d files in the end", d.schedule.running, len(d.files))
	}
}

// A device that hangs takes only its share; several that hang at once leave some workers
// for the rest.
func TestSharesOfDevices(t *testing.T) {
	d := newDesk(16)
	for _, device := range []string{"a", "b", "c", "d", "e"} {
		for i := range 20 {
			d.ask(device, fmt.Sprint(i), fmt.Sprint(device, i))
		}
	}
	d.want(t, "a0 a1 a2 a3 b0 b1 b2 b3 c0 c1 c2 c3 d0 d1 e0")
	d.ask("well", "file", "well0")
	d.ask("well", "file", "well1")
	d.end("well0", "well1")
	d.want(t, "well0 well1")
	d.end("e0", "a0")
	d.want(t, "e1 e2")
}

func TestTooMuchIsRefused(t *testing.T) {
	d := newDesk(4)
	for i := range 1 + waitMost {
		if !d.ask("hung", fmt.Sprint(i), fmt.Sprint(i)) {
			t.Fatalf("request %d was refused", i)
		}
	}
	if d.ask("hung", "x", "x") {
		t.Error("one more was taken")
	}
	if !d.ask("well", "x", "y") {
		t.Error("another device's request was refused")
	}
	d.end("0")
	if !d.ask("hung", "x", "x") {
		t.Error("refused although one had ended")
	}
}

func TestDevicesAreForgotten(t *testing.T) {
	d := newDesk(4)
	for i := range 10 * idleDevices {
		name := fmt.Sprint(i)
		d.ask(name, "file", name)
		d.end(name)
	}
	if n := len(d.devices); n > idleDevices {
		t.Errorf("%d devices are kept", n)
	}
}

func TestWithdrawn(t *testing.T) {
	d := newDesk(4)
	d.ask("hung", "file", "runs")
	var withdrawn []*request
	for range waitMost {
		r := &request{run: func() { t.Error("withdrawn work runs") }}
		d.add(place{"hung", fmt.Sprint(len(withdrawn) % 3)}, r)
		withdrawn = append(withdrawn, r)
	}
	for _, r := range withdrawn {
		d.withdraw(r)
		d.withdraw(r) // does nothing
	}
	if n := len(d.files); n != 1 {
		t.Errorf("%d files are kept", n)
	}
	d.ask("hung", "0", "after")
	d.end("runs", "after")
	d.want(t, "runs after")
	d.wantEmpty(t)
}

func (d *desk) wantEmpty(t *testing.T) {
	t.Helper()
	for _, device := range d.devices {
		if device.running+device.waiting+device.lines.len() != 0 {
			t.Errorf("left on %s: %d running, %d waiting, %d lines", device.name, device.running, device.waiting, device.lines.len())
		}
	}
	if len(d.files)+d.ring.len()+d.schedule.running != 0 {
		t.Errorf("left: %d files, %d in the ring, %d running", len(d.files), d.ring.len(), d.schedule.running)
	}
}

// Tasks are woken, moved and run at random beside requests. No work is lost, done twice
// or run beside work of the same line, no worker is idle while work may run, and at the
// end nothing is left.
func TestScheduleRandomly(t *testing.T) {
	for seed := range uint64(300) {
		randomly(t, rand.New(rand.NewPCG(seed, 0)))
	}
}

func randomly(t *testing.T, r *rand.Rand) {
	d := newSchedule(1 + r.IntN(20))
	var running []*line
	asked, ran := 0, 0
	tasks := make([]*line, 5)
	for i := range tasks {
		tasks[i] = &line{place: place{device: fmt.Sprint(i % 3)}}
		tasks[i].turn = func() { ran++ }
	}
	run := func() {
		for l, work := d.next(); l != nil; l, work = d.next() {
			if slices.Contains(running, l) {
				t.Fatal("a line runs twice at once")
			}
			work()
			running = append(running, l)
		}
	}
	end := func() {
		i := r.IntN(len(running))
		l := running[i]
		running = slices.Delete(running, i, i+1)
		d.done(l)
		run()
	}
	var waiting []*request
	for range 200 {
		switch r.IntN(6) {
		case 0, 1:
			q := &request{run: func() { ran++ }}
			if d.add(place{fmt.Sprint(r.IntN(4)), fmt.Sprint(r.IntN(3))}, q) {
				asked++
				waiting = append(waiting, q)
			}
		case 2:
			l := tasks[r.IntN(len(tasks))]
			if !l.woken {
				asked++
			}
			d.wake(l)
		case 3:
			tasks[r.IntN(len(tasks))].to = fmt.Sprint(r.IntN(4))
		case 4:
			if len(waiting) > 0 {
				if q := waiting[r.IntN(len(waiting))]; q.line != nil {
					asked--
					d.withdraw(q)
				}
			}
		case 5:
			if len(running) > 0 {
				end()
			}
		}
		run()
	}
	for len(running) > 0 {
		end()
	}
	if asked != ran {
		t.Fatalf("%d asked, %d ran", asked, ran)
	}
	(&desk{schedule: d}).wantEmpty(t)
}
