package compat

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// step is one line of a script.
type step struct {
	line  int
	text  string // as written, the label in transcripts
	words []string
	mask  []mask
	// differs names the row of docs/compat.md that permits the two sides to differ here;
	// key names its texts in the script.
	differs, key string
	only         string // "ours" or "theirs" if only that daemon runs it
	ofCtl        bool   // it is supervisorctl that differs
}

// mask changes a step's text; a keep mask drops the lines that do not match.
type mask struct {
	re   *regexp.Regexp
	with string
	keep bool
}

func (m mask) apply(text string) string {
	if !m.keep {
		return m.re.ReplaceAllString(text, m.with)
	}
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if m.re.MatchString(line) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// fact is a run of steps under one "fact" line.
type fact struct {
	ids   []string // "244", "7E" for a table, "2F.3" for a row of one
	title string
	steps []step
}

func (f fact) name() string { return strings.TrimSpace(strings.Join(f.ids, ",") + " " + f.title) }

type script struct {
	name     string
	file     string
	archive  *txtar.Archive
	pairings bool
	awake    bool // calls keep the oracle's loop turning
	requires []string
	env      []string
	pipes    bool // the daemon's stdout and stderr are pipes
	facts    []fact
}

// expected returns a text of the script; which is "ours" or "theirs".
func (s *script) expected(which, key string) (string, bool) {
	for _, f := range s.archive.Files {
		if f.Name == which+"/"+key {
			return string(f.Data), true
		}
	}
	return "", false
}

func (s *script) setExpected(which, key, text string) {
	name := which + "/" + key
	for i, f := range s.archive.Files {
		if f.Name == name {
			s.archive.Files[i].Data = []byte(text)
			return
		}
	}
	s.archive.Files = append(s.archive.Files, txtar.File{Name: name, Data: []byte(text)})
}

func loadScripts() ([]*script, error) {
	files, err := filepath.Glob("scripts/*.txtar")
	if err != nil {
		return nil, err
	}
	var all []*script
	for _, file := range files {
		s, err := loadScript(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, s)
	}
	return all, nil
}

func loadScript(file string) (*script, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return readScript(strings.TrimSuffix(filepath.Base(file), ".txtar"), file, data)
}

func readScript(name, file string, data []byte) (*script, error) {
	s := &script{name: name, file: file, archive: txtar.Parse(data)}
	for line := range strings.Lines(string(s.archive.Comment)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "!pairings":
			s.pairings = true
		case "!awake":
			s.awake = true
		case "!requires":
			s.requires = append(s.requires, strings.Fields(rest)...)
		case "!env":
			s.env = append(s.env, rest)
		case "!pipes":
			s.pipes = true
		}
	}
	for _, f := range s.archive.Files {
		if f.Name == "script" {
			return s, s.parse(string(f.Data))
		}
	}
	return nil, fmt.Errorf("no file named script")
}

var factID = regexp.MustCompile(`^\d+[A-Z]?(\.\d+)?$`)

func (s *script) parse(text string) error {
	seen := map[string]int{}
	number := 0
	var pending step
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		words, err := splitWords(line)
		if err != nil {
			return fmt.Errorf("script line %d: %w", number, err)
		}
		switch words[0] {
		case "fact":
			f := fact{}
			rest := words[1:]
			for len(rest) > 0 && factID.MatchString(rest[0]) {
				f.ids, rest = append(f.ids, rest[0]), rest[1:]
			}
			f.title = strings.Join(rest, " ")
			if len(f.ids) == 0 || f.title == "" {
				return fmt.Errorf("script line %d: a fact needs a number and a title", number)
			}
			if slices.ContainsFunc(s.facts, func(g fact) bool { return g.name() == f.name() }) {
				return fmt.Errorf("script line %d: fact %q occurs twice", number, f.name())
			}
			s.facts = append(s.facts, f)
			continue
		case "mask", "keep":
			if keep := words[0] == "keep"; len(words) != 3 && !(keep && len(words) == 2) {
				return fmt.Errorf("script line %d: mask REGEXP TEXT, keep REGEXP", number)
			}
			re, err := regexp.Compile(words[1])
			if err != nil {
				return fmt.Errorf("script line %d: %w", number, err)
			}
			if words[0] == "keep" {
				words = append(words, "")
			}
			pending.mask = append(pending.mask, mask{re, words[2], words[0] == "keep"})
			continue
		case "differs", "differs-ctl", "ours-only", "theirs-only":
			if len(words) != 2 {
				return fmt.Errorf("script line %d: %s ROW", number, words[0])
			}
			pending.differs = words[1]
			if only, ok := strings.CutSuffix(words[0], "-only"); ok {
				pending.only = only
			}
			pending.ofCtl = words[0] == "differs-ctl"
			seen[words[1]]++
			pending.key = words[1]
			if n := seen[words[1]]; n > 1 {
				pending.key += "." + strconv.Itoa(n)
			}
			continue
		}
		if len(s.facts) == 0 {
			s.facts = append(s.facts, fact{title: "setup"})
		}
		pending.line, pending.text, pending.words = number, line, words
		f := &s.facts[len(s.facts)-1]
		f.steps = append(f.steps, pending)
		pending = step{}
	}
	return nil
}

// splitWords splits a step into words: 'x' is literal, "x" a Go string.
func splitWords(line string) ([]string, error) {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" {
			return words, nil
		}
		switch line[0] {
		case '\'':
			end := strings.IndexByte(line[1:], '\'')
			if end < 0 {
				return nil, fmt.Errorf("no closing ' in %s", line)
			}
			words, line = append(words, line[1:1+end]), line[end+2:]
		case '"':
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("bad string in %s", line)
			}
			word, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, fmt.Errorf("bad string %s", quoted)
			}
			words, line = append(words, word), line[len(quoted):]
		default:
			word, rest, _ := strings.Cut(line, " ")
			words, line = append(words, word), rest
		}
	}
}
