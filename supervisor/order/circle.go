package order

import "strings"

// CircleError says that processes would wait for one another.
type CircleError struct {
	IDs  []ID // each needs the next one, the last one needs the first
	text string
}

func (e *CircleError) Error() string { return e.text }

func newCircleError(circle []*node) *CircleError {
	e := &CircleError{}
	var names []string
	for _, n := range circle {
		e.IDs = append(e.IDs, n.id)
		names = append(names, n.name)
	}
	names = append(names, circle[0].name)
	e.text = "dependencies form a circle: " + strings.Join(names, " -> ")
	return e
}

// findCircle returns processes that need one another in a circle, or nil. It looks at
// what can be reached from some of them, which must be all that are new.
func findCircle(from []*node) []*node {
	s := search{nodes: map[*node]int{}, gates: map[*gate]int{}}
	for _, n := range from {
		// A new circle passes through a new process that is needed and needs something.
		if len(n.in) > 0 && len(n.needs) > 0 && s.nodes[n] == 0 && s.visit(n) {
			return s.circle
		}
	}
	return nil
}

// search is a walk along the needs, each process and each gate once. The maps say where in
// the path a process is, or the member of a gate that is being visited: its index plus
// one, passed if it is there no longer.
type search struct {
	nodes  map[*node]int
	gates  map[*gate]int
	path   []*node
	circle []*node
}

const passed = -1

// visit reports whether a circle was found at or behind n.
func (s *search) visit(n *node) bool {
	s.path = append(s.path, n)
	s.nodes[n] = len(s.path)
	for _, g := range n.needs {
		at := s.gates[g]
		if at > 0 {
			s.circle = s.path[at-1:]
			return true
		}
		if at == passed {
			continue
		}
		s.gates[g] = len(s.path) + 1
		for _, member := range g.place.members {
			at := s.nodes[member]
			if at > 0 {
				s.circle = s.path[at-1:]
				return true
			}
			if at == 0 && s.visit(member) {
				return true
			}
		}
		s.gates[g] = passed
	}
	s.nodes[n] = passed
	s.path = s.path[:len(s.path)-1]
	return false
}
