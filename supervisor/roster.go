package supervisor

import (
	"cmp"
	"slices"
)

// roster is every process of the active groups, sorted by group name, then by process
// name: the order of replies about all of them. It finds one in O(log n).
type roster []*child

func (r roster) search(n Name) (i int, found bool) {
	return slices.BinarySearchFunc(r, n, func(c *child, n Name) int { return compareNames(c.name(), n) })
}

func (r roster) find(n Name) *child {
	if i, found := r.search(n); found {
		return r[i]
	}
	return nil
}

func (r *roster) add(c *child) {
	i, _ := r.search(c.name())
	*r = slices.Insert(*r, i, c)
}

func (r *roster) remove(c *child) {
	if i, found := r.search(c.name()); found {
		*r = slices.Delete(*r, i, i+1)
	}
}

func compareNames(a, b Name) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Process, b.Process))
}
