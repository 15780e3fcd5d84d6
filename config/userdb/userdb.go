// Package userdb looks up users and groups: first in /etc/passwd and /etc/group, then
// through getent, which makes what the system's library knows (LDAP, SSSD) available to a
// binary without that library. A look-up may block for GetentFor. All functions may be
// called from any goroutine.
package userdb

import (
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrUnknown means that there is no such user or group.
var ErrUnknown = errors.New("unknown user or group")

// User is an entry of the user database.
type User struct {
	Name     string
	UID, GID int
	Home     string
}

// ByName looks up a user by name. The error is ErrUnknown, or says why the database
// cannot be read.
func ByName(name string) (User, error) { return system.user(name, 0) }

// ByID looks up a user by number. Its errors are those of ByName.
func ByID(uid int) (User, error) { return system.user(strconv.Itoa(uid), 2) }

// GroupByName returns the number of a group. Its errors are those of ByName.
func GroupByName(name string) (int, error) { return system.group(name, 0) }

// GroupByID reports whether there is a group of that number: nil if there is, else an
// error as of ByName.
func GroupByID(gid int) error {
	_, err := system.group(strconv.Itoa(gid), 2)
	return err
}

// Membership holds the groups of a user's processes: the primary one, and all of them
// with the primary one first (fact 109).
type Membership struct {
	Primary int
	IDs     []int
}

// Groups looks up the groups of a user: those whose line lists the user, and those that
// only the system's library knows.
func Groups(uid int) (Membership, error) { return system.groups(uid) }

// database is the source of entries.
type database struct {
	dir    string // directory of the files passwd and group
	getent func(database, key string) (line string, ok bool)
}

var system = database{dir: "/etc", getent: getent}

func (d database) user(key string, field int) (User, error) {
	f, err := d.entry("passwd", key, field, 6)
	if err != nil {
		return User{}, err
	}
	uid, err1 := strconv.Atoi(f[2])
	gid, err2 := strconv.Atoi(f[3])
	return User{Name: f[0], UID: uid, GID: gid, Home: f[5]}, errors.Join(err1, err2)
}

func (d database) group(key string, field int) (int, error) {
	f, err := d.entry("group", key, field, 3)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(f[2])
}

func (d database) groups(uid int) (Membership, error) {
	u, err := d.user(strconv.Itoa(uid), 2)
	if err != nil {
		return Membership{}, err
	}
	m := Membership{Primary: u.GID, IDs: []int{u.GID}}
	err = eachLine(filepath.Join(d.dir, "group"), func(f []string) bool {
		if len(f) > 3 && slices.Contains(strings.Split(f[3], ","), u.Name) {
			m.add(f[2])
		}
		return true
	})
	if line, ok := d.getent("initgroups", u.Name); ok {
		m.addAll(line)
	}
	return m, err
}

// addAll adds the numbers on a line of getent: the user's name, then the groups.
func (m *Membership) addAll(line string) {
	for i, id := range strings.Fields(line) {
		if i > 0 {
			m.add(id)
		}
	}
}

func (m *Membership) add(text string) {
	if id, err := strconv.Atoi(text); err == nil && !slices.Contains(m.IDs, id) {
		m.IDs = append(m.IDs, id)
	}
}

// entry finds the line of a file whose given field is the key, otherwise asks getent. The
// result has at least fields fields.
func (d database) entry(file, key string, field, fields int) ([]string, error) {
	var found []string
	is := func(f []string) bool { return len(f) >= fields && f[field] == key }
	err := eachLine(filepath.Join(d.dir, file), func(f []string) bool {
		if is(f) {
			found = f
		}
		return found == nil
	})
	if found != nil {
		return found, nil
	}
	if line, ok := d.getent(file, key); ok {
		// A directory may answer with another spelling of a name. But getent takes digits
		// for a number, even if they are the name that was asked for.
		if f := strings.Split(line, ":"); len(f) >= fields && (is(f) || strings.Trim(key, "+0123456789 \t") != "") {
			return f, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, ErrUnknown
}
