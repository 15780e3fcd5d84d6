package config

import "strings"

// log reads the options of one channel's log (facts 65, 66).
func (p *program) log(s *section, channel string, log *LogConfig) error {
	key := channel + "_logfile"
	raw, given := s.raw(key, "")
	if given {
		text, err := expandTwice(raw,
			func(text string) (string, error) { return s.names.expand(text, s.name+"."+key) },
			func(text string) (string, error) { return s.names.expand(text, key) })
		if err != nil {
			return err
		}
		raw = text
	}
	syslog := false
	switch strings.ToLower(raw) {
	case "auto":
		log.Auto = true
	case "none", "off":
	case "syslog":
		syslog = true
	default:
		if !given {
			log.Auto = true
			break
		}
		file, err := ParsePath(raw)
		if err != nil {
			return err
		}
		log.File, log.Empty = file, file == ""
	}
	err := first(
		read(s, channel+"_logfile_backups", "10", ParseInt, &log.Backups),
		read(s, channel+"_logfile_maxbytes", "50MB", ParseBytes, &log.MaxBytes),
		read(s, channel+"_syslog", "false", parseBool, &log.Syslog),
	)
	if err != nil {
		return err
	}
	if syslog {
		log.Syslog = true
		p.warn("For [%[1]s], %[2]s=syslog but this is deprecated and will be removed.  Use %[3]s_syslog=true to enable syslog instead.",
			p.name, key, channel)
	}
	if log.Auto && log.MaxBytes == 0 {
		p.warn("For [%s], AUTO logging used for %s without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally", p.name, key)
	}
	return nil
}
