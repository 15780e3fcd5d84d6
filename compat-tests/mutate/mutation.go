package main

import (
	"fmt"
	"slices"
	"strings"
)

// mutation is one planted defect.
type mutation struct {
	name     string
	file     string // from the module's root
	old, new string // old occurs once in the file
	script   string // of compat-tests, where a comparison has to fail
}

// mutations returns the rows of all tables.
func mutations() []mutation {
	return slices.Concat(
		configMutations, processMutations, eventMutations, outputMutations, rpcMutations, httpMutations, ctlMutations, daemonMutations,
	)
}

// apply returns the text with the defect in it.
func (m mutation) apply(text string) (string, error) {
	if n := strings.Count(text, m.old); n != 1 {
		return "", fmt.Errorf("%s: %q occurs %d times in %s, want once", m.name, m.old, n, m.file)
	}
	if m.old == m.new {
		return "", fmt.Errorf("%s changes nothing", m.name)
	}
	return strings.Replace(text, m.old, m.new, 1), nil
}
