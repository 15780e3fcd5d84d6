package disk

// waitMost is how many requests may wait for one device.
const waitMost = 256

// schedule decides what runs next. It starts nothing itself, and has no lock.
type schedule struct {
	workers int
	running int
	devices map[string]*device
	files   map[place]*line // of requests; a Task has a line of its own
	ring    queue[*device]  // those with lines to run, in turn
}

// idleDevices is how many devices are remembered for which there is nothing to do.
const idleDevices = 64

// place is a file and the device that it is on.
type place struct{ device, file string }

type device struct {
	name    string
	running int
	waiting int          // requests that do not run yet
	lines   queue[*line] // that can run, in turn
}

// line is work that runs one at a time and in order.
type line struct {
	place
	running bool
	queued  bool // in its device's lines
	work    queue[*request]
	turn    func() // of a Task, which has no work
	woken   bool   // turn is to be run
	to      string // the device that a Task moves to
}

// request is work that was asked for once.
type request struct {
	run  func()
	line *line // nil: it runs, or has run
}

func newSchedule(workers int) *schedule {
	return &schedule{workers: workers, devices: map[string]*device{}, files: map[place]*line{}}
}

// add takes a request, unless too many wait.
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

// withdraw drops a request, unless it runs already.
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

// wake has the turn of l run once more.
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

// next takes what is to run now, if there is a worker for it. done must follow.
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
		d.running++
		s.running++
		l.queued, l.running = false, true
		return l, s.begin(d, l)
	}
	return nil, nil
}

// begin takes the first work off a line.
func (s *schedule) begin(d *device, l *line) func() {
	if l.turn != nil {
		l.woken = false
		return l.turn
	}
	r := l.work.pop()
	r.line = nil
	d.waiting--
	return r.run
}

// may reports whether d gets one more worker: only its share, and of the last ones only its first.
func (s *schedule) may(d *device) bool {
	free := s.workers - s.running
	return free > 0 && (d.running == 0 || d.running < max(s.workers/4, 1) && d.running < free)
}

// done takes back a line that next gave.
func (s *schedule) done(l *line) {
	d := s.devices[l.device]
	d.running--
	s.running--
	l.running = false
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

// forget drops a device for which there is nothing to do, if many are known.
func (s *schedule) forget(d *device) {
	if d.running == 0 && d.lines.len() == 0 && len(s.devices) > idleDevices {
		delete(s.devices, d.name)
	}
}
