package supervisor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"reeve/config"
	"reeve/supervisor/internal/launch"
)

// TestRoster: whatever is added and removed, the roster is sorted, and a look-up in it
// and in a snapshot of it finds the same.
func TestRoster(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	groups := groups{byName: map[string]*group{}}
	here := map[Name]*child{}
	for range 2000 {
		n := Name{fmt.Sprint("g", random.IntN(20)), fmt.Sprint("p", random.IntN(20))}
		switch c := here[n]; {
		case c != nil:
			groups.roster.remove(c)
			delete(here, n)
		default:
			if groups.byName[n.Group] == nil {
				groups.byName[n.Group] = &group{config: &config.Group{Name: n.Group}}
			}
			here[n] = newChild(groups.byName[n.Group], &config.Process{Name: n.Process}, launch.Logs{}, 0)
			groups.roster.add(here[n])
		}
	}
	if !slices.IsSortedFunc(groups.roster, func(a, b *child) int { return compareNames(a.name(), b.name()) }) || len(groups.roster) != len(here) {
		t.Fatalf("%d processes are here, the roster has %d, sorted or not", len(here), len(groups.roster))
	}
	infos := new(readers).publish(groups.roster)
	for g := range 22 {
		for p := range 22 {
			n := Name{fmt.Sprint("g", g), fmt.Sprint("p", p)}
			c, err := groups.find(n)
			info, infoErr := find(infos, n)
			if c != here[n] || (err == nil) != (c != nil) || !errors.Is(infoErr, err) || (err == nil && info.Name != n) {
				t.Errorf("%s: the roster finds %v, %v, the snapshot %v, %v", n, c, err, info.Name, infoErr)
			}
		}
	}
}
