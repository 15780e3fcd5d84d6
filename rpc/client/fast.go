package client

import (
	"strconv"
	"strings"
)

// fastProcessInfos reads the usual reply to getAllProcessInfo: an array of structs with
// int and string members and no escaped text. With a thousand processes the general
// decoder takes ten times as long as all the rest of `supervisorctl status`, since
// encoding/xml and reflection look at every tag. ok is false for anything unexpected,
// faults included, which is left to the general decoder. The strings are parts of text,
// so one info keeps all of it alive.
func fastProcessInfos(text string) (infos []ProcessInfo, ok bool) {
	s := scanner{rest: text}
	s.tag("<?xml version='1.0'?>")
	for _, tag := range []string{"<methodResponse>", "<params>", "<param>", "<value>", "<array>", "<data>"} {
		s.tag(tag)
	}
	infos = []ProcessInfo{}
	for s.have("<value>") {
		var info ProcessInfo
		s.tag("<struct>")
		for s.have("<member>") {
			s.member(&info)
		}
		s.tag("</struct>")
		s.tag("</value>")
		if cap(infos) == 0 { // the others are about as long as the first
			infos = make([]ProcessInfo, 0, len(text)/(len(text)-len(s.rest))+1)
		}
		infos = append(infos, info)
	}
	for _, tag := range []string{"</data>", "</array>", "</value>", "</param>", "</params>", "</methodResponse>"} {
		s.tag(tag)
	}
	return infos, !s.failed && strings.TrimSpace(s.rest) == ""
}

// scanner walks over tags; after the first unexpected one it stays failed.
type scanner struct {
	rest   string
	failed bool
}

// have consumes white space and the tag, and reports whether the tag was next.
func (s *scanner) have(tag string) bool {
	rest := s.rest
	for len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r' || rest[0] == ' ') {
		rest = rest[1:]
	}
	if s.failed || len(rest) < len(tag) || rest[:len(tag)] != tag {
		return false
	}
	s.rest = rest[len(tag):]
	return true
}

func (s *scanner) tag(tag string) {
	if !s.have(tag) {
		s.failed = true
	}
}

// text reads up to the closing tag. It fails on text with an entity or with a character
// that XML cannot hold.
func (s *scanner) text(closing string) string {
	end := strings.IndexByte(s.rest, '<')
	if end < 0 || !strings.HasPrefix(s.rest[end:], closing) {
		s.failed = true
		return ""
	}
	raw := s.rest[:end]
	s.rest = s.rest[end+len(closing):]
	for i := range len(raw) {
		if b := raw[i]; b == '&' || b < ' ' && b != '\n' && b != '\t' || b == 0xEF && strings.HasPrefix(raw[i:], "\uFFFE"[:2]) {
			s.failed = true // rare enough to leave to the general decoder
			return ""
		}
	}
	return raw
}

func (s *scanner) int() int64 {
	n, err := strconv.ParseInt(s.text("</int>"), 10, 64)
	if err != nil {
		s.failed = true
	}
	return n
}

// member reads one member of a process's struct; unknown names are skipped.
func (s *scanner) member(info *ProcessInfo) {
	s.tag("<name>")
	name := s.text("</name>")
	s.tag("<value>")
	switch {
	case s.have("<int>"):
		n := s.int()
		switch name {
		case "start":
			info.Start = n
		case "stop":
			info.Stop = n
		case "now":
			info.Now = n
		case "state":
			info.State = int(n)
		case "exitstatus":
			info.ExitStatus = int(n)
		case "pid":
			info.PID = int(n)
		}
	case s.have("<string>"):
		text := s.text("</string>")
		switch name {
		case "name":
			info.Name = text
		case "group":
			info.Group = text
		case "statename":
			info.StateName = text
		case "spawnerr":
			info.SpawnErr = text
		case "stdout_logfile":
			info.StdoutLogfile = text
		case "stderr_logfile":
			info.StderrLogfile = text
		case "description":
			info.Description = text
		}
	default:
		s.failed = true
	}
	s.tag("</value>")
	s.tag("</member>")
}
