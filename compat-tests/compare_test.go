package compat

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"
)

// result is one side's run: one text per fact, and the texts of the steps that may
// differ.
type result struct {
	err     error
	facts   []string          // as script.facts
	differs map[string]string // by step.key
}

// play runs all steps of the script on a fresh instance.
func play(t *testing.T, s *script, daemon, ctl program) result {
	res := result{differs: map[string]string{}}
	in, err := newInstance(t, s, daemon, ctl)
	if err != nil {
		res.err = err
		return res
	}
	for _, f := range s.facts {
		var w strings.Builder
		for _, st := range f.steps {
			fmt.Fprintln(&w, ">", st.text)
			if (st.only == "ours" && daemon.name == "oracle") || (st.only == "theirs" && daemon.name != "oracle") {
				fmt.Fprintf(&w, "  (%s only: docs/compat.md, %s)\n", st.only, st.differs)
				continue
			}
			text, err := in.do(st)
			if err != nil {
				res.err = err
				return res
			}
			if st.differs != "" {
				res.differs[st.key] = text
				what := "differs"
				if st.only != "" {
					what = st.only + " only"
				}
				text = fmt.Sprintf("(%s: docs/compat.md, %s)\n", what, st.differs)
			}
			for line := range strings.Lines(text) {
				w.WriteString("  " + line)
			}
		}
		res.facts = append(res.facts, w.String())
	}
	return res
}

// recording returns the file that stands in for the oracle.
func (s *script) recording() string { return "transcripts/" + s.name + ".txt" }

func (s *script) readRecording() (result, error) {
	data, err := os.ReadFile(s.recording())
	if err != nil {
		return result{}, fmt.Errorf("no recording, run with -update where the oracle is installed: %w", err)
	}
	byName := map[string]string{}
	for _, f := range txtar.Parse(data).Files {
		byName[f.Name] = string(f.Data)
	}
	res := result{differs: map[string]string{}}
	for _, f := range s.facts {
		text, ok := byName[f.name()]
		if !ok {
			return res, fmt.Errorf("%s has no fact %q: run with -update", s.recording(), f.name())
		}
		res.facts = append(res.facts, text)
		for _, st := range f.steps {
			if st.differs != "" && st.only == "" {
				res.differs[st.key], _ = s.expected("theirs", st.key)
			}
		}
	}
	return res, nil
}

func (s *script) record(res result) error {
	a := &txtar.Archive{Comment: []byte("What supervisor 4.2.5 answered to scripts/" + s.name + ".txtar; written by go test -update.\n\n")}
	for i, f := range s.facts {
		a.Files = append(a.Files, txtar.File{Name: f.name(), Data: []byte(res.facts[i])})
	}
	return os.WriteFile(s.recording(), txtar.Format(a), 0o644)
}

// trusted returns an error for a run in which a condition was never met.
func (r result) trusted() error {
	for _, text := range r.facts {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "  TIMEOUT") || strings.HasPrefix(line, "  no answer") {
				return fmt.Errorf("a step got no answer:\n%s", text)
			}
		}
	}
	return nil
}

// keepExpected writes one side's differing texts back into the script.
func (s *script) keepExpected(p *pairing) error {
	if len(p.got.differs) == 0 {
		return nil
	}
	for _, f := range s.facts {
		for _, st := range f.steps {
			if text, ok := p.got.differs[st.key]; ok && st.differs != "" {
				s.setExpected(p.side(st), st.key, text)
			}
		}
	}
	return os.WriteFile(s.file, txtar.Format(s.archive), 0o644)
}

// compare makes one subtest per fact. Where the two sides may differ, got has to equal
// its own side's text: the daemon's, or supervisorctl's. An attribute records for
// docs/conformance.md which facts were compared, and with what.
func (s *script) compare(t *testing.T, p *pairing, want result) {
	t.Helper()
	got := p.got
	if got.err != nil {
		t.Fatalf("cannot run the script: %v", got.err)
	}
	against := "upstream"
	if oracle.daemon == "" {
		against = "checklist"
	}
	for i, f := range s.facts {
		if len(f.steps) == 0 {
			t.Errorf("fact %s has no step", f.name())
		}
		t.Run(strings.ReplaceAll(f.name(), " ", "_"), func(t *testing.T) {
			if len(f.ids) > 0 {
				t.Attr(against, strings.Join(f.ids, " "))
			}
			for _, text := range s.differences(p, i, want) {
				t.Error(text)
			}
		})
	}
}

// differences returns the differences under fact i.
func (s *script) differences(p *pairing, i int, want result) (texts []string) {
	got := p.got
	if got.facts[i] != want.facts[i] {
		texts = append(texts, string(diff.Diff("oracle", []byte(want.facts[i]), p.name, []byte(got.facts[i]))))
	}
	for _, st := range s.facts[i].steps {
		text, ran := got.differs[st.key]
		if st.differs == "" || !ran {
			continue
		}
		which := p.side(st)
		if own, ok := s.expected(which, st.key); !ok || own != text {
			texts = append(texts, fmt.Sprintf("%s: row %s of docs/compat.md\n%s", st.text, st.differs,
				diff.Diff(which+"/"+st.key+" in the script", []byte(own), "run", []byte(text))))
		}
	}
	return texts
}

// again plays a script that had differences once more, and logs that: two daemons share a
// busy machine, and one is known to have a race (fact 313, the race of a quick death). A
// real difference has to appear twice.
func (s *script) again(t *testing.T, p *pairing, want result) {
	var texts []string
	if p.got.err != nil {
		texts = []string{p.got.err.Error()}
	} else {
		for i := range s.facts {
			texts = append(texts, s.differences(p, i, want)...)
		}
	}
	if len(texts) > 0 {
		t.Logf("%s is played again, because of\n%s", p.name, strings.Join(texts, "\n"))
		p.got = play(t, s, p.daemon, p.ctl)
	}
}
