package daemonlog

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"reeve/supervisor/logfile"
	"reeve/supervisor/process"
)

// Syslog as Options.File means the system's log.
const Syslog = "syslog"

// Options say where the log goes.
type Options struct {
	File     string        // path, or Syslog
	MaxBytes int64         // the file is rotated at this size; 0: never
	Backups  int           // rotated files to keep; 0: the file is truncated instead
	Level    process.Level // messages below it are not logged
	Echo     bool          // also write lines to stdout, if it can be opened
	Ident    string        // our name in the system's log

	now    func() time.Time // for tests
	stdout string
	syslog sender
}

// sender is what the log needs of *logfile.Syslog.
type sender interface{ Send(line []byte) }

// Log is an open log. Its methods may be called from any goroutine, also after Close,
// when lines are dropped.
type Log struct {
	opt  Options
	log  *logrus.Logger
	file *logfile.Queue // nil: none
	echo *logfile.Queue // nil: none
}

// Open opens the log. The error is that of opening the file, and names the file.
func Open(opt Options) (*Log, error) {
	if opt.now == nil {
		opt.now, opt.stdout = time.Now, "/dev/stdout"
	}
	l := &Log{opt: opt, log: logrus.New()}
	l.log.SetFormatter(format{})
	l.log.SetLevel(logrus.TraceLevel) // Log applies the threshold
	l.log.SetOutput(output{l})
	if opt.File == Syslog {
		if opt.syslog == nil {
			opt.syslog = logfile.NewSyslog(opt.Ident, l.outage)
		}
		l.log.AddHook(toSyslog{opt.syslog})
	} else {
		q, err := logfile.OpenQueue(logfile.Options{Path: opt.File, MaxBytes: opt.MaxBytes, Backups: opt.Backups}, l.outage)
		if err != nil {
			return nil, err
		}
		l.file = q
	}
	if opt.Echo {
		if q, err := logfile.OpenQueue(logfile.Options{Path: opt.stdout}, l.outage); err == nil {
			l.echo = q
		}
	}
	return l, nil
}

// Log writes one message, if its level is kept. It does not block.
func (l *Log) Log(level process.Level, text string) {
	if !l.Enabled(level) {
		return
	}
	l.log.WithTime(l.opt.now()).WithField(levelKey, level).Log(logrusLevel(level), text)
}

// Enabled reports whether messages of a level are kept, for callers that would have to
// format one first.
func (l *Log) Enabled(level process.Level) bool { return level >= l.opt.Level }

// DebugEnabled reports whether messages of level DEBG are kept.
func (l *Log) DebugEnabled() bool { return l.Enabled(process.Debug) }

// TraceEnabled reports whether messages of level TRAC are kept.
func (l *Log) TraceEnabled() bool { return l.Enabled(process.Trace) }

// Path returns the file's name; empty if the log goes elsewhere.
func (l *Log) Path() string {
	if l.file == nil {
		return ""
	}
	return l.opt.File
}

// Logger returns the logrus logger underneath, for libraries that want one. It does not
// apply the level.
func (l *Log) Logger() *logrus.Logger { return l.log }

// Reopen closes the file and opens it again by its name, after the lines logged so far
// (fact 120: USR2 reopens all logs). It does not wait.
func (l *Log) Reopen() {
	l.Log(process.Info, "supervisord logreopen")
	if l.file != nil {
		l.file.Reopen(func(err error) {
			if err != nil {
				l.Log(process.Error, err.Error())
			}
		})
	}
}

// Clear removes the file, begins a new one, and waits until that is done or ctx ends. As
// in upstream, the line about it goes to the old file, once for each output of the log.
// The error wraps fs.ErrNotExist if there is no file.
func (l *Log) Clear(ctx context.Context) error {
	if l.file == nil {
		return fmt.Errorf("cannot clear the main log: it is no file: %w", fs.ErrNotExist)
	}
	if _, err := logfile.Look(ctx, l.opt.File); err != nil {
		return fmt.Errorf("cannot clear the main log: %w", err)
	}
	l.Log(process.Info, "reopening log file")
	if l.echo != nil {
		l.Log(process.Info, "reopening log file")
	}
	done := make(chan error, 1)
	l.file.Clear(func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close closes the log after what was logged so far. It does not wait: logfile.Quiesce
// does.
func (l *Log) Close() {
	for _, q := range []*logfile.Queue{l.file, l.echo} {
		if q != nil {
			q.Close()
		}
	}
}

// outage logs a write failure of one output, when it starts and when it ends: the other
// output has both lines, the failed one the second.
func (l *Log) outage(o logfile.Outage) {
	level := process.Error
	if o.Err == nil {
		level = process.Info
	}
	l.Log(level, o.String())
}

// output is the writer that logrus writes to.
type output struct{ l *Log }

func (o output) Write(line []byte) (int, error) {
	if o.l.echo != nil {
		o.l.echo.Write(line)
	}
	if o.l.file != nil {
		o.l.file.Write(line)
	}
	return len(line), nil
}

// toSyslog sends each line of a message separately, each with time and level (fact 136).
type toSyslog struct{ syslog sender }

func (toSyslog) Levels() []logrus.Level { return logrus.AllLevels }

func (h toSyslog) Fire(e *logrus.Entry) error {
	line := *e
	for text := range strings.SplitSeq(strings.TrimRight(e.Message, "\n"), "\n") {
		line.Message = text
		formatted, _ := format{}.Format(&line) // it never fails
		h.syslog.Send(formatted)               // upstream sends the final newline, too
	}
	return nil
}
