package disk

// waitMost is how many requests may wait for one device.
const waitMost = 256

// schedule decides what runs next. It starts nothing itself and is not safe for
// concurrent use.
type schedule struct {
	workers int
	running int
	runs    uint64            // begun so far
	active  map[uint64]string // runs that have not ended: their devices
	devices map[string]*device
	files   map[place]*line // lines of requests; a Task has its own
	ring    queue[*device]  // devices with lines to run, round robin
}

// idleDevices is how many devices are known before idle ones are forgotten.
const idleDevices = 64

// place is a file and the device that it is on.
type place struct{ device, file string }

type device struct {
	name    string
	running int
	waiting int          // requests that have not started
	lines   queue[*line] // lines that can run, round robin
}

// line is a sequence of work that runs one at a time, in order.
type line struct {
	place
	running bool
	run     uint64 // number of the last run
	queued  bool   // in its device's lines
	work    queue[*request]
	turn    func() // set for a Task, which has no work queue
	woken   bool   // turn is due
	to      string // the device that a Task moves to
}

// request is work to be done once.
type request struct {
	run  func()
	line *line // nil once it runs, has run or was withdrawn
}

func newSchedule(workers int) *schedule {
	return &schedule{workers: workers, active: map[uint64]string{}, devices: map[string]*device{}, files: map[place]*line{}}
}

// add queues a request; it returns false if too many wait for the device.
func (s *schedule) add(p place, r *request) bool {
	d := s.device(p.device)
	if d.waiting >= waitMost {
		return false
	}
	l := s.files[p]
	if l == nil {
		l = &line{place: p}
		s.files[p] = l
	}
	d.waiting++
	r.line = l
	l.work.push(r)
	s.ready(l)
	return true
}

// begin is add and next in one, for a request that can run at once. The caller runs it
// and then calls done(l). It returns nil if the request has to wait.
func (s *schedule) begin(p place) (l *line) {
	d := s.device(p.device)
	if s.files[p] != nil || d.lines.len() > 0 || !s.may(d) {
		return nil
	}
	l = &line{place: p}
	s.files[p] = l
	s.run(d, l)
	return l
}

func (s *schedule) run(d *device, l *line) {
	d.running++
	s.running++
	s.runs++
	l.queued, l.running, l.run = false, true, s.runs
	s.active[l.run] = d.name
}

// withdraw drops a request, unless it has started.
func (s *schedule) withdraw(r *request) {
	l := r.line
	if l == nil {
		return
	}
	r.line = nil
	d := s.devices[l.device]
	d.waiting--
	l.work.drop(r)
	if l.running || l.work.len() > 0 {
		return
	}
	delete(s.files, l.place)
	if d.lines.drop(l); d.lines.len() == 0 {
		s.ring.drop(d)
	}
	s.forget(d)
}

// wake schedules one more turn of l.
func (s *schedule) wake(l *line) {
	l.woken = true
	s.ready(l)
}

// ready puts a line with something to do in its device's queue.
func (s *schedule) ready(l *line) {
	if l.running || l.queued || !l.woken && l.work.len() == 0 {
		return
	}
	l.queued = true
	if l.to != "" {
		l.device, l.to = l.to, ""
	}
	d := s.device(l.device)
	if d.lines.push(l); d.lines.len() == 1 {
		s.ring.push(d)
	}
}

// next returns what is to run now, or nil if there is nothing or no free worker. The
// caller calls run and then done(l).
func (s *schedule) next() (l *line, run func()) {
	for range s.ring.len() {
		d := s.ring.pop()
		if !s.may(d) {
			s.ring.push(d)
			continue
		}
		if l = d.lines.pop(); d.lines.len() > 0 {
			s.ring.push(d)
		}
		s.run(d, l)
		return l, s.take(d, l)
	}
	return nil, nil
}

// take takes the first piece of work off a line.
func (s *schedule) take(d *device, l *line) func() {
	if l.turn != nil {
		l.woken = false
		return l.turn
	}
	r := l.work.pop()
	r.line = nil
	d.waiting--
	return r.run
}

// may reports whether d gets one more worker: up to its share, and the last free worker
// only if none of its work is running.
func (s *schedule) may(d *device) bool {
	free := s.workers - s.running
	return free > 0 && (d.running == 0 || d.running < max(s.workers/4, 1) && d.running < free)
}

// done ends the run of a line that next returned.
func (s *schedule) done(l *line) {
	d := s.devices[l.device]
	d.running--
	s.running--
	l.running = false
	delete(s.active, l.run)
	s.ready(l)
	if !l.queued && l.turn == nil {
		delete(s.files, l.place)
	}
	s.forget(d)
}

func (s *schedule) device(name string) *device {
	d := s.devices[name]
	if d == nil {
		d = &device{name: name}
		s.devices[name] = d
	}
	return d
}

// forget drops a device with nothing to do, if many are known.
func (s *schedule) forget(d *device) {
	if d.running == 0 && d.lines.len() == 0 && len(s.devices) > idleDevices {
		delete(s.devices, d.name)
	}
}
