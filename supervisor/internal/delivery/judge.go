package delivery

import (
	"strings"
	"unicode/utf8"
)

// Verdict is what a result handler makes of a result.
type Verdict int

// The verdicts.
const (
	Accepted Verdict = iota
	Rejected         // the event goes back into its pool
	// As Rejected, and the listener is UNKNOWN from then on: the handler does not
	// understand its result.
	Failed
)

// Judge is a result handler: it judges the body of a RESULT about the event e, which is
// nil if there is none. It retains nothing.
type Judge func(e *Queued, body []byte) (Verdict, []Effect)

// JudgeOK is upstream's default handler: it accepts OK and rejects anything else.
func JudgeOK(_ *Queued, body []byte) (Verdict, []Effect) {
	if string(body) == "OK" {
		return Accepted, nil
	}
	return Rejected, nil
}

// PrintLines is the handler of supervisor-stdout: the result is the payload of a
// PROCESS_LOG event, which is printed with the names of process and channel before each
// line.
func PrintLines(_ *Queued, body []byte) (Verdict, []Effect) {
	head, data, ok := strings.Cut(string(body), "\n")
	fields, readable := payloadFields(head)
	name, named := fields["processname"]
	channel, hasChannel := fields["channel"]
	if !ok || !readable || !named || !hasChannel || !utf8.Valid(body) {
		return Failed, nil
	}
	lines := splitLines(data)
	for i := range lines {
		lines[i] = name + " " + channel + " | " + lines[i]
	}
	return Accepted, []Effect{Print{[]byte(strings.Join(lines, "\n") + "\n")}}
}

// WriteToStdin is the handler of supervisor_twiddler: what follows STDIN: goes to the
// stdin of the process that the event is about.
func WriteToStdin(e *Queued, body []byte) (Verdict, []Effect) {
	text, ok := strings.CutPrefix(string(body), "STDIN:")
	if !ok {
		return JudgeOK(e, body)
	}
	head, _, _ := strings.Cut(e.Payload, "\n")
	fields, _ := payloadFields(head)
	process, about := fields["processname"]
	if !about {
		return Failed, nil
	}
	return Accepted, []Effect{WriteStdin{fields["groupname"], process, []byte(text)}}
}

// payloadFields reads the first line of a payload; ok is false if it does not consist of
// KEY:VALUE words.
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

// splitLines splits a text as Python's splitlines does: at more characters than the
// newline, and a line end at the end of the text begins no further line.
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
