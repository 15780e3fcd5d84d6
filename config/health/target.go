package health

import (
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"reeve/config/pytext"
)

// Kind is what a Target looks at.
type Kind uint8

// The kinds.
const (
	None       Kind = iota
	Notify          // the program sends READY=1 (sd_notify)
	Descriptor      // it writes a newline to a descriptor that it is given
	TCP             // something accepts a connection
	Unix            // the same, on a unix socket
	HTTP            // an answer from 200 to 399
	Exec            // a command exits with 0
	Line            // a whole line of its output matches
	File            // a file was made or written since the start
)

// Target is a value of `ready` or `health`. It is plain data; only the fields of its Kind
// are set.
type Target struct {
	Kind    Kind
	FD      int      // Descriptor
	Address string   // TCP: host:port. Unix: path, or @name. File: path
	URL     string   // HTTP
	Argv    []string // Exec
	Pattern string   // Line
	Text    string   // the value as it is shown
}

func (t Target) String() string { return t.Text }

// Split splits a command line into words, as `command` is split.
type Split func(string) ([]string, error)

// row is a kind: how a value begins, how it is shown in a list of all, whether it may
// stand in `ready` and in `health`, and what reads the rest of it.
type row struct {
	kind   Kind
	prefix string // without a colon: the whole value
	shown  string
	ready  bool
	health bool
	read   func(t *Target, rest string, split Split) error
}

var rows = []row{
	{Notify, "notify", "notify", true, false, readNotify},
	{Descriptor, "fd:", "fd:NUMBER", true, false, readDescriptor},
	{TCP, "tcp:", "tcp:HOST:PORT", true, true, readTCP},
	{Unix, "unix:", "unix:PATH", true, true, readUnix},
	{HTTP, "http:", "http://HOST:PORT/PATH", true, true, readURL},
	{HTTP, "https:", "https://HOST:PORT/PATH", true, true, readURL},
	{Exec, "exec:", "exec:COMMAND", true, true, readExec},
	{Line, "log:", "log:REGEXP", true, false, readLine},
	{File, "file:", "file:PATH", true, false, readFile},
}

func (r row) fits(text string) bool {
	return text == r.prefix || strings.HasSuffix(r.prefix, ":") && strings.HasPrefix(text, r.prefix)
}

// ParseReady reads a value of `ready`. An empty text is None.
func ParseReady(text string, split Split) (Target, error) {
	return parse("ready", text, split, func(r row) bool { return r.ready })
}

// ParseHealth reads a value of `health`. An empty text is None.
func ParseHealth(text string, split Split) (Target, error) {
	return parse("health", text, split, func(r row) bool { return r.health })
}

func parse(key, text string, split Split, allowed func(row) bool) (Target, error) {
	text = strings.TrimFunc(text, pytext.IsSpace)
	if text == "" {
		return Target{}, nil
	}
	at := slices.IndexFunc(rows, func(r row) bool { return r.fits(text) })
	if at < 0 || !allowed(rows[at]) {
		return Target{}, invalid(key, text, errors.New("it must be "+choices(allowed)))
	}
	t := Target{Kind: rows[at].kind, Text: text}
	if err := rows[at].read(&t, text[len(rows[at].prefix):], split); err != nil {
		return Target{}, invalid(key, text, err)
	}
	return t, nil
}

// choices lists the kinds that are allowed.
func choices(allowed func(row) bool) string {
	var shown []string
	for _, r := range rows {
		if allowed(r) {
			shown = append(shown, r.shown)
		}
	}
	last := len(shown) - 1
	return strings.Join(shown[:last], ", ") + " or " + shown[last]
}

func invalid(key, text string, err error) error {
	return errors.New("invalid " + key + " value " + pytext.Repr(text) + ": " + err.Error())
}

func readNotify(*Target, string, Split) error {
	if !notifies {
		return errors.New("this system does not say who sent a notification; fd:3 does the same with a descriptor")
	}
	return nil
}

// mostFD bounds the number of a descriptor: programs commonly may have 1024.
const mostFD = 1023

func readDescriptor(t *Target, rest string, _ Split) error {
	n, ok := number(rest, mostFD)
	switch {
	case !ok:
		return errors.New("fd: needs the number of a descriptor, from 3 to 1023")
	case n < 3:
		return errors.New("descriptors 0, 1 and 2 are stdin, stdout and stderr; the first free one is 3")
	}
	t.FD = n
	return nil
}

// number reads a decimal number without sign from 0 to most.
func number(text string, most int) (n int, ok bool) {
	if text == "" || len(text) > 9 {
		return 0, false
	}
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, n <= most
}

func readUnix(t *Target, rest string, _ Split) error {
	switch {
	case rest == "" || rest == "@":
		return errors.New("the path of the socket is missing")
	case rest[0] == '@' && !abstract:
		return errors.New("this system has no abstract sockets; ./" + rest + " is the file of that name")
	case len(rest) > longestSocket:
		return errors.New("a path of a socket has at most " + decimal(longestSocket) + " bytes, this one has " + decimal(len(rest)))
	}
	return readPath(t, rest)
}

func readFile(t *Target, rest string, _ Split) error {
	if rest == "" {
		return errors.New("the path is missing")
	}
	return readPath(t, rest)
}

func readPath(t *Target, text string) error {
	if strings.ContainsRune(text, 0) {
		return errors.New("a path can't contain NUL")
	}
	t.Address = text
	return nil
}

func readExec(t *Target, rest string, split Split) error {
	argv, err := split(rest)
	t.Argv = argv
	return err
}

// longestPattern bounds what a pattern may cost for each line.
const longestPattern = 1024

func readLine(t *Target, rest string, _ Split) error {
	switch {
	case rest == "":
		return errors.New("the regular expression is missing; .* is any line")
	case len(rest) > longestPattern:
		return errors.New("the regular expression is longer than " + decimal(longestPattern) + " bytes")
	}
	if _, err := regexp.Compile(rest); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	t.Pattern = rest
	return nil
}

// In returns t with its path made absolute. A relative path counts from dir, which is the
// program's own directory: that is where the program makes its sockets and files.
func (t Target) In(dir string) (Target, error) {
	if t.Kind != Unix && t.Kind != File || path.IsAbs(t.Address) || t.Kind == Unix && t.Address[0] == '@' {
		return t, nil
	}
	t.Address = path.Join(dir, t.Address)
	if t.Kind == Unix && len(t.Address) > longestSocket {
		return t, errors.New("the socket " + pytext.Repr(t.Address) + " has a path of " + decimal(len(t.Address)) + " bytes; it can have at most " +
			decimal(longestSocket))
	}
	return t, nil
}

// Probed reports whether somebody has to go and look. For the other kinds the program
// itself says something.
func (t Target) Probed() bool {
	switch t.Kind {
	case TCP, Unix, HTTP, Exec, File:
		return true
	case None, Notify, Descriptor, Line:
	}
	return false
}
