package daemonlog

import (
	"github.com/sirupsen/logrus"

	"reeve/supervisor/process"
)

// levels are upstream's, each with the logrus level that stands for it. CRIT is logrus'
// fatal: logging at that level ends nothing, only the method Fatal does. Logrus has
// nothing below trace, so BLAT shares that level, and the threshold is applied before
// logrus.
var levels = []struct {
	level  process.Level
	name   string
	logrus logrus.Level
}{
	{process.Critical, "CRIT", logrus.FatalLevel},
	{process.Error, "ERRO", logrus.ErrorLevel},
	{process.Warn, "WARN", logrus.WarnLevel},
	{process.Info, "INFO", logrus.InfoLevel},
	{process.Debug, "DEBG", logrus.DebugLevel},
	{process.Trace, "TRAC", logrus.TraceLevel},
	{process.Blather, "BLAT", logrus.TraceLevel},
}

// levelKey is the field of an entry that carries its process.Level.
const levelKey = "level"

// levelName returns the four letters of an entry. One that did not come through Log has
// only a logrus level.
func levelName(e *logrus.Entry) string {
	own, ours := e.Data[levelKey].(process.Level)
	for _, l := range levels {
		if ours && l.level == own || !ours && l.logrus == e.Level {
			return l.name
		}
	}
	return "CRIT" // logrus' panic level
}

func logrusLevel(level process.Level) logrus.Level {
	for _, l := range levels {
		if level >= l.level {
			return l.logrus
		}
	}
	return logrus.TraceLevel
}

// format makes upstream's line: local time with milliseconds cut off, level, text. Text
// of several lines stays as it is (fact 134).
type format struct{}

func (format) Format(e *logrus.Entry) ([]byte, error) {
	b := make([]byte, 0, len(e.Message)+len("2006-01-02 15:04:05,000 INFO \n"))
	b = e.Time.AppendFormat(b, "2006-01-02 15:04:05,000 ")
	b = append(b, levelName(e)...)
	b = append(b, ' ')
	b = append(b, e.Message...)
	return append(b, '\n'), nil
}
