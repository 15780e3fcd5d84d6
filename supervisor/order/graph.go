package order

import (
	"fmt"
	"slices"
	"strings"
)

// Graph is the order of a configuration in a form that can be shown. It is plain data; it
// has no circles.
type Graph struct{ Nodes []GraphNode }

// GraphNode is a process, or all processes of a program in a group, if they need the same.
type GraphNode struct {
	Name      string
	Processes []string // their names, as supervisorctl prints them
	Needs     []GraphEdge
}

// GraphEdge is a need.
type GraphEdge struct {
	To        int // index of a node
	Condition Condition
}

// GraphOf returns the order of a configuration, with all processes in it. needs is the
// result of Resolve.
func GraphOf(specs []Spec, needs [][]Need) Graph {
	r := resolver{specs: specs}
	r.index()
	if needs == nil {
		needs = make([][]Need, len(specs))
	}
	var g Graph
	nodeOf := map[*Spec]int{}
	first := map[[2]string]int{} // by group and program: index of its first process
	for i := range specs {
		key := [2]string{specs[i].Group, specs[i].Program}
		if f, seen := first[key]; seen && slices.Equal(needs[f], needs[i]) {
			at := nodeOf[&specs[f]]
			nodeOf[&specs[i]] = at
			g.Nodes[at].Processes = append(g.Nodes[at].Processes, specs[i].Display())
			g.Nodes[at].Name = display(specs[i].Group, specs[i].Program)
			continue
		} else if !seen {
			first[key] = i
		}
		nodeOf[&specs[i]] = len(g.Nodes)
		g.Nodes = append(g.Nodes, GraphNode{Name: specs[i].Display(), Processes: []string{specs[i].Display()}})
	}
	for i := range specs {
		from := &g.Nodes[nodeOf[&specs[i]]]
		if from.Processes[0] != specs[i].Display() {
			continue // the others need the same
		}
		for _, n := range needs[i] {
			for _, s := range r.find(n.Target) {
				edge := GraphEdge{nodeOf[s], n.Condition}
				if !slices.Contains(from.Needs, edge) {
					from.Needs = append(from.Needs, edge)
				}
			}
		}
	}
	return g
}

// Circular reports whether the graph has a circle, which one from elsewhere may have: the
// other methods would not end.
func (g Graph) Circular() bool {
	const open, done = 1, 2
	seen := make([]int, len(g.Nodes))
	var visit func(i int) bool
	visit = func(i int) bool {
		if seen[i] != 0 {
			return seen[i] == open
		}
		seen[i] = open
		for _, e := range g.Nodes[i].Needs {
			if visit(e.To) {
				return true
			}
		}
		seen[i] = done
		return false
	}
	for i := range g.Nodes {
		if visit(i) {
			return true
		}
	}
	return false
}

// From returns the part of the graph that is made of the nodes with a process for which
// begin holds, and of all that these need.
func (g Graph) From(begin func(process string) bool) Graph {
	keep := make([]bool, len(g.Nodes))
	var visit func(i int)
	visit = func(i int) {
		if !keep[i] {
			keep[i] = true
			for _, e := range g.Nodes[i].Needs {
				visit(e.To)
			}
		}
	}
	for i, n := range g.Nodes {
		if slices.ContainsFunc(n.Processes, begin) {
			visit(i)
		}
	}
	var part Graph
	at := make([]int, len(g.Nodes))
	for i, n := range g.Nodes {
		if keep[i] {
			at[i] = len(part.Nodes)
			part.Nodes = append(part.Nodes, n)
		}
	}
	for i := range part.Nodes {
		needs := slices.Clone(part.Nodes[i].Needs)
		for k := range needs {
			needs[k].To = at[needs[k].To]
		}
		part.Nodes[i].Needs = needs
	}
	return part
}

// title is a node's name and how many processes it stands for.
func (n *GraphNode) title() string {
	if len(n.Processes) == 1 {
		return n.Name
	}
	return fmt.Sprintf("%s (%d processes)", n.Name, len(n.Processes))
}

// Waves returns the nodes by the number of starts that come before theirs: those in a wave
// start together if all programs take the same time. Nodes without any relation are
// missing.
func (g Graph) Waves() [][]int {
	var waves [][]int
	related := g.related()
	depth := g.depths()
	for i := range g.Nodes {
		if !related[i] {
			continue
		}
		for len(waves) <= depth[i] {
			waves = append(waves, nil)
		}
		waves[depth[i]] = append(waves[depth[i]], i)
	}
	return waves
}

// depths returns for each node the length of the longest chain of needs below it.
func (g Graph) depths() []int {
	depth := make([]int, len(g.Nodes))
	var find func(i int) int
	find = func(i int) int {
		if depth[i] == 0 {
			depth[i] = 1
			for _, e := range g.Nodes[i].Needs {
				depth[i] = max(depth[i], find(e.To)+1)
			}
		}
		return depth[i]
	}
	for i := range g.Nodes {
		find(i)
	}
	for i := range depth {
		depth[i]--
	}
	return depth
}

// needed reports for each node whether another one needs it.
func (g Graph) needed() []bool {
	needed := make([]bool, len(g.Nodes))
	for _, n := range g.Nodes {
		for _, e := range n.Needs {
			needed[e.To] = true
		}
	}
	return needed
}

// related reports for each node whether it needs something or is needed.
func (g Graph) related() []bool {
	related := g.needed()
	for i, n := range g.Nodes {
		related[i] = related[i] || len(n.Needs) > 0
	}
	return related
}

// Tree returns the waves, then each node that nobody needs with what it needs below it,
// then the names of those without any relation. What stands above already is not unfolded
// again.
func (g Graph) Tree() string {
	var b strings.Builder
	for i, wave := range g.Waves() {
		writeNames(&b, fmt.Sprintf("wave %d: ", i+1), g.titles(wave))
	}
	needed, related := g.needed(), g.related()
	shown := make([]bool, len(g.Nodes))
	var alone []int
	for i := range g.Nodes {
		switch {
		case !related[i]:
			alone = append(alone, i)
		case !needed[i]:
			b.WriteByte('\n')
			b.WriteString(g.Nodes[i].title() + "\n")
			g.branch(&b, i, "", shown)
		}
	}
	if len(alone) > 0 {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		writeNames(&b, "in no order: ", g.titles(alone))
	}
	return b.String()
}

// branch writes what a node needs.
func (g Graph) branch(b *strings.Builder, i int, indent string, shown []bool) {
	needs := g.Nodes[i].Needs
	for k, e := range needs {
		fork, below := "├─ ", "│  "
		if k == len(needs)-1 {
			fork, below = "└─ ", "   "
		}
		to := &g.Nodes[e.To]
		b.WriteString(indent + fork + to.Name + suffix(e.Condition))
		if len(to.Processes) > 1 {
			fmt.Fprintf(b, " (%d processes)", len(to.Processes))
		}
		if shown[e.To] && len(to.Needs) > 0 {
			b.WriteString(" (see above)\n")
			continue
		}
		shown[e.To] = true
		b.WriteByte('\n')
		g.branch(b, e.To, indent+below, shown)
	}
}

func (g Graph) titles(nodes []int) []string {
	var titles []string
	for _, i := range nodes {
		titles = append(titles, g.Nodes[i].title())
	}
	return titles
}

// writeNames writes a list of names with a heading, in lines of at most 80 columns.
func writeNames(b *strings.Builder, heading string, names []string) {
	const width = 79 // a comma may follow
	column := len(heading)
	b.WriteString(heading)
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
			if column += 2; column+len(name) > width {
				b.WriteString("\n" + strings.Repeat(" ", len(heading)))
				column = len(heading)
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteString(name)
		column += len(name)
	}
	b.WriteByte('\n')
}

// DOT returns the graph in the language of graphviz, an arrow from each node to what it
// needs.
func (g Graph) DOT() string {
	var b strings.Builder
	b.WriteString("digraph order {\n\trankdir=LR;\n\tnode [shape=box];\n")
	for _, n := range g.Nodes {
		fmt.Fprintf(&b, "\t%s;\n", quoteDOT(n.title()))
	}
	for _, n := range g.Nodes {
		for _, e := range n.Needs {
			label := ""
			if e.Condition != Ready {
				label = " [label=" + quoteDOT(e.Condition.String()) + "]"
			}
			fmt.Fprintf(&b, "\t%s -> %s%s;\n", quoteDOT(n.title()), quoteDOT(g.Nodes[e.To].title()), label)
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// quoteDOT quotes a name. Graphviz knows one escape only, that of the quote; other
// backslashes are its own.
func quoteDOT(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(name) + `"`
}
