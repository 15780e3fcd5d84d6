package client

import (
	"bytes"
	"strconv"
)

// fastProcessInfos reads the usual reply to getAllProcessInfo: an array of structs with int and string members and no text that
// is escaped in a way of its own. With a thousand processes the general decoder takes ten times as long as all the rest of
// `supervisorctl status`, since encoding/xml and reflection look at every tag. ok is false for anything unexpected, a fault
// too, and the general decoder decides.
func fastProcessInfos(data []byte) (infos []ProcessInfo, ok bool) {
	s := scanner{rest: data}
	s.tag("<?xml version='1.0'?>")
	for _, tag := range []string{"<methodResponse>", "<params>", "<param>", "<value>", "<array>", "<data>"} {
		s.tag(tag)
	}
	infos = make([]ProcessInfo, 0, bytes.Count(data, []byte("<struct>")))
	for s.have("<value>") {
		var info ProcessInfo
		s.tag("<struct>")
		for s.have("<member>") {
			s.member(&info)
		}
		s.tag("</struct>")
		s.tag("</value>")
		infos = append(infos, info)
	}
	for _, tag := range []string{"</data>", "</array>", "</value>", "</param>", "</params>", "</methodResponse>"} {
		s.tag(tag)
	}
	return infos, !s.failed && len(bytes.TrimSpace(s.rest)) == 0
}

// scanner walks over tags; once something was not as expected it stays failed.
type scanner struct {
	rest   []byte
	failed bool
}

// have skips white space and the tag, if it is next.
func (s *scanner) have(tag string) bool {
	rest := s.rest
	for len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r' || rest[0] == ' ') {
		rest = rest[1:]
	}
	if s.failed || len(rest) < len(tag) || string(rest[:len(tag)]) != tag {
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

// text reads up to the closing tag. Text with an entity fails.
func (s *scanner) text(closing string) []byte {
	end := bytes.IndexByte(s.rest, '<')
	if end < 0 {
		s.failed = true
		return nil
	}
	raw := s.rest[:end]
	s.rest = s.rest[end:]
	if len(s.rest) < len(closing) || string(s.rest[:len(closing)]) != closing {
		s.failed = true
		return nil
	}
	s.rest = s.rest[len(closing):]
	if bytes.IndexByte(raw, '&') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return raw
	}
	s.failed = true // rare enough for the general decoder
	return nil
}

func (s *scanner) int() int64 {
	n, err := strconv.ParseInt(string(s.text("</int>")), 10, 64)
	if err != nil {
		s.failed = true
	}
	return n
}

// member reads one member of a process's struct; unknown names are passed over.
func (s *scanner) member(info *ProcessInfo) {
	s.tag("<name>")
	name := s.text("</name>")
	s.tag("<value>")
	switch {
	case s.have("<int>"):
		n := s.int()
		switch string(name) {
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
		switch string(name) {
		case "name":
			info.Name = string(text)
		case "group":
			info.Group = string(text)
		case "statename":
			info.StateName = string(text)
		case "spawnerr":
			info.SpawnErr = string(text)
		case "stdout_logfile":
			info.StdoutLogfile = string(text)
		case "stderr_logfile":
			info.StderrLogfile = string(text)
		case "description":
			info.Description = string(text)
		}
	default:
		s.failed = true
	}
	s.tag("</value>")
	s.tag("</member>")
}
