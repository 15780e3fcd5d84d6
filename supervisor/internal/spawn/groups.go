package spawn

import (
	"errors"
	"os/user"
	"strconv"
)

// ErrNoUser says that the user database has no entry for a uid.
var ErrNoUser = errors.New("no such user")

// systemGroups asks the system's user database.
func systemGroups(uid uint32) (Groups, error) {
	u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
	if _, ok := errors.AsType[user.UnknownUserIdError](err); ok {
		return Groups{}, ErrNoUser
	}
	if err != nil {
		return Groups{}, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return Groups{}, err
	}
	g := Groups{GID: uint32(gid), Groups: []uint32{uint32(gid)}}
	ids, err := u.GroupIds()
	if err != nil {
		return Groups{}, err
	}
	for _, id := range ids {
		if n, err := strconv.ParseUint(id, 10, 32); err == nil && n != gid {
			g.Groups = append(g.Groups, uint32(n))
		}
	}
	return g, nil
}
