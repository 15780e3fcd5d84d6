package compat

import (
	"regexp"
	"slices"
	"testing"
	"time"
)

// shrinkFor limits the search for a smaller scenario.
const shrinkFor = 4 * time.Minute

// shrink drops acts, programs and lines while the two sides still disagree. It returns
// the smallest scenario found and its disagreement.
func (s *scenario) shrink(t *testing.T, d *disagreement) (*scenario, *disagreement) {
	begun := time.Now()
	// better keeps a smaller scenario if it still shows a disagreement.
	better := func(c *scenario) bool {
		if time.Since(begun) > shrinkFor {
			return false
		}
		for range 2 {
			if again := c.disagreement(t); again != nil && (again.fact > 0 || d.fact == 0) {
				s, d = c, again
				return true
			}
		}
		return false
	}
	if acts := d.fact - 1; acts < len(s.acts) { // facts 0 and 1 are not acts
		c := s.clone()
		c.acts = c.acts[:max(0, acts)]
		better(c)
	}
	for size := max(1, len(s.acts)/2); size > 0; size /= 2 {
		for i := len(s.acts) - size; i >= 0; i -= size {
			c := s.clone()
			c.acts = slices.Delete(c.acts, i, i+size)
			better(c)
		}
	}
	for _, name := range s.unitNames() {
		c := s.clone()
		for _, conf := range c.confs {
			conf.remove(name)
		}
		better(c)
	}
	for _, line := range s.lines() {
		c := s.clone()
		for _, conf := range c.confs {
			for _, part := range conf.parts() {
				*part = slices.DeleteFunc(*part, func(l string) bool { return l == line })
			}
		}
		better(c)
	}
	return s, d
}

func (s *scenario) clone() *scenario {
	c := &scenario{seed: s.seed, acts: slices.Clone(s.acts)}
	for _, conf := range s.confs {
		n := &randomConfig{globals: slices.Clone(conf.globals), groups: slices.Clone(conf.groups), units: slices.Clone(conf.units)}
		for i := range n.units {
			n.units[i].lines = slices.Clone(n.units[i].lines)
		}
		c.confs = append(c.confs, n)
	}
	return c
}

func (s *scenario) unitNames() (names []string) {
	for _, conf := range s.confs {
		for _, u := range conf.units {
			names = append(names, u.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// whatCounts matches lines without which a program does not behave as its name says.
var whatCounts = regexp.MustCompile(`^(command|socket|events|stopsignal|startsecs|startretries|autorestart|stopwaitsecs|buffer_size|numprocs|process_name)=|_logfile=NONE$`)

// lines returns the distinct lines of all configurations that may be left out.
func (s *scenario) lines() (all []string) {
	for _, conf := range s.confs {
		for _, part := range conf.parts() {
			all = append(all, *part...)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), whatCounts.MatchString)
}

// parts returns the lists of lines that can be shortened.
func (c *randomConfig) parts() []*[]string {
	all := []*[]string{&c.globals, &c.groups}
	for i := range c.units {
		all = append(all, &c.units[i].lines)
	}
	return all
}
