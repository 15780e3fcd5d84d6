package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Scale is how many processes a program of a group is to have in place of numprocs.
type Scale struct {
	Group    string
	Program  string
	Count    int
	NumProcs int // numprocs when it was asked for; with another one the Scale does not hold
	// Asked says that it is being asked for: it holds whatever numprocs is.
	Asked bool
}

// Unscaled is a Scale that the configuration does not follow.
type Unscaled struct {
	Scale
	Reason string
}

// StatePath returns where the desired state is kept: in state_file, or beside the pidfile.
func (s *Supervisord) StatePath() string {
	return cmp.Or(s.StateFile, strings.TrimSuffix(s.Pidfile, filepath.Ext(s.Pidfile))+".state")
}

// checkScale refuses a range of numprocs that can't be meant.
func (p *program) checkScale() error {
	switch {
	case p.fewest > p.most:
		return fmt.Errorf("numprocs_min (%d) is above numprocs_max (%d)", p.fewest, p.most)
	case (p.given("numprocs_min") || p.given("numprocs_max")) && (p.numprocs < p.fewest || p.numprocs > p.most):
		return fmt.Errorf("numprocs (%d) is not from %d (numprocs_min) to %d (numprocs_max)", p.numprocs, p.fewest, p.most)
	}
	return nil
}

// scaled returns how many processes to make for a group: numprocs, or what a Scale says.
func (p *program) scaled(group string) int {
	cfg := p.b.cfg
	i := slices.IndexFunc(p.b.scales, func(s Scale) bool { return s.Group == group && s.Program == p.process.Program })
	if i < 0 {
		return p.numprocs
	}
	s := p.b.scales[i]
	reason := p.unscalable(s.Count)
	if !s.Asked && s.NumProcs != p.numprocs {
		reason = fmt.Sprintf("numprocs is no longer %d, but %d", s.NumProcs, p.numprocs)
	}
	if reason != "" {
		cfg.Unscaled = append(cfg.Unscaled, Unscaled{s, reason})
		return p.numprocs
	}
	s.NumProcs, s.Asked = p.numprocs, false
	cfg.Scaled = append(cfg.Scaled, s)
	return s.Count
}

// unscalable says why the program can't have that many processes.
func (p *program) unscalable(count int) string {
	switch {
	case !strings.Contains(p.nameText, "%(process_num)"):
		return "its process_name has no %(process_num)d"
	case count < p.fewest || count > p.most:
		return fmt.Sprintf("%d is not from %d (numprocs_min) to %d (numprocs_max)", count, p.fewest, p.most)
	}
	for _, key := range p.b.doc.keys(p.name) {
		// Processes that run were started with the old number.
		if text, _ := p.b.doc.get(p.name, key); strings.Contains(text, "%(numprocs)") {
			return "its " + key + " depends on %(numprocs)d"
		}
	}
	return ""
}

// Reshaped returns an active group with the processes that the program has in read, a
// configuration read since, and reports whether nothing else about the processes of the
// group differs. Those that stay are the active ones, in the order of read.
func Reshaped(active, read *Group, program string) (*Group, bool) {
	have := make(map[string]*Process, len(active.Processes))
	for _, p := range active.Processes {
		have[p.Name] = p
	}
	next := *active
	next.Processes = slices.Clone(read.Processes)
	for i, p := range next.Processes {
		old := have[p.Name]
		delete(have, p.Name)
		switch {
		case old == nil && p.Program != program, old != nil && !sameProcess(old, p):
			return nil, false
		case old != nil:
			next.Processes[i] = old
		}
	}
	for _, left := range have {
		if left.Program != program {
			return nil, false
		}
	}
	return &next, shape(active.Kind) == shape(read.Kind) && active.Priority == read.Priority && sameListener(active.Listener, read.Listener)
}
