package spawn

import (
	"errors"
	"sync"
	"time"

	"reeve/config/userdb"
	"reeve/supervisor/internal/disk"
)

// ErrNoUser means that the user database has no entry for a uid.
var ErrNoUser = errors.New("no such user")

// systemGroups looks a user up in the system's user database. It may block.
func systemGroups(uid uint32) (Groups, error) {
	m, err := userdb.Groups(int(uid))
	if errors.Is(err, userdb.ErrUnknown) {
		return Groups{}, ErrNoUser
	}
	if err != nil {
		return Groups{}, err
	}
	g := Groups{GID: uint32(m.Primary)}
	for _, id := range m.IDs {
		g.Groups = append(g.Groups, uint32(id))
	}
	return g, nil
}

// groupsFresh is how long an answer of the user database is reused, so that many programs
// of one user that start together need one look-up.
const groupsFresh = 2 * time.Second

// groups caches recent answers of the user database.
type groups struct {
	ask func(uid uint32) (Groups, error)

	mu    sync.Mutex
	known map[uint32]knownGroups
}

type knownGroups struct {
	groups Groups
	asked  time.Time
}

// of returns the groups of a user. It may block, as the user database does. Failures are
// not cached.
func (g *groups) of(uid uint32) (Groups, error) {
	g.mu.Lock()
	k, ok := g.known[uid]
	g.mu.Unlock()
	if ok && time.Since(k.asked) < groupsFresh {
		return k.groups, nil
	}
	k = knownGroups{asked: time.Now()}
	var err error
	if busy := disk.Do(usersPlace, func() { k.groups, err = g.ask(uid) }); busy != nil {
		return Groups{}, busy
	}
	if err != nil {
		return Groups{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil {
		g.known = map[uint32]knownGroups{}
	}
	g.known[uid] = k
	return k.groups, nil
}
