package supervisor

import (
	"strings"
	"unicode/utf8"

	"reeve/config"
)

// verdict is what a result handler makes of a result.
type verdict int

const (
	accepted verdict = iota
	rejected         // the event goes back into its pool
	failed           // so does it, and the listener is UNKNOWN from then on: the handler does not understand it
)

// resultHandler judges the body of a RESULT about the event e. It runs on the loop: it must not block, and it keeps nothing, so
// that a pool is plain data.
type resultHandler func(l *loop, e *queued, body []byte) verdict

// resultHandlers has a row for each of config.Handlers.
var resultHandlers = map[string]resultHandler{
	config.DefaultHandler: judgeOK,
	config.StdoutHandler:  printLines,
	config.StdinHandler:   writeStdin,
}

func handlerOf(cfg *config.Listener) resultHandler {
	if h := resultHandlers[cfg.ResultHandler]; h != nil {
		return h
	}
	return judgeOK
}

// judgeOK is upstream's own: OK is good, anything else is not.
func judgeOK(_ *loop, _ *queued, body []byte) verdict {
	if string(body) == "OK" {
		return accepted
	}
	return rejected
}

// printLines is that of supervisor-stdout: the result is the payload of a PROCESS_LOG event, which is printed to the daemon's
// stdout with the names of process and channel in front of each line.
func printLines(l *loop, _ *queued, body []byte) verdict {
	head, data, ok := strings.Cut(string(body), "\n")
	fields, readable := payloadFields(head)
	name, named := fields["processname"]
	channel, hasChannel := fields["channel"]
	if !ok || !readable || !named || !hasChannel || !utf8.Valid(body) {
		return failed
	}
	lines := splitLines(data)
	for i := range lines {
		lines[i] = name + " " + channel + " | " + lines[i]
	}
	if l.opt.Stdout != nil {
		l.opt.Stdout([]byte(strings.Join(lines, "\n") + "\n"))
	}
	return accepted
}

// writeStdin is that of supervisor_twiddler: what follows STDIN: goes to the stdin of the process that the event is about, if
// that runs.
func writeStdin(l *loop, e *queued, body []byte) verdict {
	text, ok := strings.CutPrefix(string(body), "STDIN:")
	if !ok {
		return judgeOK(l, e, body)
	}
	head, _, _ := strings.Cut(e.Payload, "\n")
	fields, _ := payloadFields(head)
	process, about := fields["processname"]
	if !about {
		return failed
	}
	if c, err := l.find(Name{fields["groupname"], process}); err == nil {
		_ = l.sendStdin(c, []byte(text)) // the plug-in does not tell either
	}
	return accepted
}

// payloadFields reads the first line of a payload; ok is false if it is not made of KEY:VALUE.
func payloadFields(line string) (fields map[string]string, ok bool) {
	fields = map[string]string{}
	for word := range strings.FieldsSeq(line) {
		key, value, found := strings.Cut(word, ":")
		if !found || strings.Contains(value, ":") {
			return nil, false
		}
		fields[key] = value
	}
	return fields, true
}

// splitLines cuts a text as Python's splitlines does: at more characters than the newline, and a line end at the end of the
// text begins no further line.
func splitLines(text string) []string {
	var lines []string
	for text != "" {
		end := strings.IndexAny(text, "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
		if end < 0 {
			return append(lines, text)
		}
		lines = append(lines, text[:end])
		if strings.HasPrefix(text[end:], "\r\n") {
			end++
		}
		_, size := utf8.DecodeRuneInString(text[end:])
		text = text[end+size:]
	}
	return lines
}
