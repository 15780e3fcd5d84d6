package config

import "strings"

// channel is stdout or stderr of the program that is being read.
type channel struct {
	name   string
	log    *LogConfig
	syslog bool // the file is called syslog, which is deprecated
}

// readFile reads where the output goes (facts 65, 66).
func (ch *channel) readFile(s *section, o *option) error {
	raw, log := s.raw(o), ch.log
	if s.given(o.key) {
		text, err := expandTwice(raw,
			func(text string) (string, error) { return s.names.expand(text, s.name+"."+o.key) },
			func(text string) (string, error) { return s.names.expand(text, o.key) })
		if err != nil {
			return err
		}
		raw = text
	}
	s.note(o, raw)
	ch.syslog = false
	switch strings.ToLower(raw) {
	case "auto":
		log.Auto = true
	case "none", "off":
	case "syslog":
		ch.syslog = true
	default:
		file, err := ParsePath(raw)
		if err != nil {
			return err
		}
		log.File, log.Empty = file, file == ""
	}
	return nil
}

// checkLog applies the name syslog and warns of settings that may surprise.
func (p *program) checkLog(ch *channel) {
	if ch.syslog {
		ch.log.Syslog = true
		p.warn("For [%[1]s], %[2]s_logfile=syslog but this is deprecated and will be removed.  Use %[2]s_syslog=true to enable syslog instead.",
			p.name, ch.name)
	}
	if ch.log.Auto && ch.log.MaxBytes == 0 {
		p.warn("For [%s], AUTO logging used for %s_logfile without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally",
			p.name, ch.name)
	}
}
